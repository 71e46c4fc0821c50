import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Download, Ellipsis, FileJson, Pencil, Search, Trash2 } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "@/api/client";
import type { Thread } from "@/api/contract";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { useShortcut } from "./shortcuts";

const PAGE = 50;

interface ThreadPage {
  threads: Thread[];
  more: boolean;
}

/** The chats, newest first; searched in titles and messages. */
export function ThreadList() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const search = useDeferredValue(wanted.trim());
  const field = useRef<HTMLInputElement>(null);
  useShortcut("findChat", () => field.current?.focus());

  const list = useInfiniteQuery({
    queryKey: ["threads", search],
    queryFn: ({ pageParam }) => {
      const before = pageParam === null ? "" : `&before=${pageParam}`;
      return call<ThreadPage>("GET", `/api/threads?limit=${PAGE}&q=${encodeURIComponent(search)}${before}`);
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.more ? (page.threads.at(-1)?.updated_at ?? null) : null),
    placeholderData: (previous) => previous,
  });
  const threads = list.data?.pages.flatMap((page) => page.threads) ?? [];

  return (
    <div className="flex min-h-0 flex-1 flex-col pt-3">
      <div className="relative">
        <Search aria-hidden className="-translate-y-1/2 absolute top-1/2 left-2.5 size-3.5 text-ink-3" />
        <input
          ref={field}
          type="search"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          aria-label={t("threads.search")}
          placeholder={t("threads.search")}
          className="w-full rounded-[7px] border border-transparent bg-transparent py-1.5 pr-2 pl-8 text-table placeholder:text-ink-3 hover:border-line focus:border-line-strong focus:bg-card"
        />
      </div>
      <nav aria-label={t("threads.title")} className="-mx-1 mt-1 min-h-0 flex-1 overflow-y-auto px-1 pb-1">
        {threads.map((thread) => (
          <ThreadRow key={thread.id} thread={thread} />
        ))}
        {list.isSuccess && threads.length === 0 && (
          <p className="px-2.5 py-2 text-ink-3 text-note">
            {search ? t("threads.noneFound") : t("threads.none")}
          </p>
        )}
        {list.hasNextPage && (
          <button
            type="button"
            className="w-full rounded-[7px] px-2.5 py-1.5 text-left text-ink-2 text-note hover:text-ink"
            onClick={() => void list.fetchNextPage()}
          >
            {t("threads.more")}
          </button>
        )}
      </nav>
    </div>
  );
}

function ThreadRow({ thread }: { thread: Thread }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const params = useParams({ strict: false });
  const [naming, setNaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const title = thread.title || t("threads.untitled");
  const path = `/api/threads/${thread.id}`;

  const changed = () => {
    void client.invalidateQueries({ queryKey: ["thread", thread.id] });
    return client.invalidateQueries({ queryKey: ["threads"] });
  };
  const rename = useMutation({
    mutationFn: (name: string) => call("PATCH", path, { title: name }),
    onSuccess: changed,
  });
  const remove = async () => {
    await call("DELETE", path);
    if (params.thread === thread.id) await navigate({ to: "/" });
    client.removeQueries({ queryKey: ["thread", thread.id] });
    await client.invalidateQueries({ queryKey: ["threads"] });
  };

  if (naming) {
    const end = (name: string) => {
      setNaming(false);
      if (name.trim() && name !== title) rename.mutate(name.trim());
    };
    const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.nativeEvent.isComposing) return;
      if (event.key === "Enter") end(event.currentTarget.value);
      if (event.key === "Escape") setNaming(false);
    };
    return (
      <input
        aria-label={t("threads.newName")}
        defaultValue={title}
        // biome-ignore lint/a11y/noAutofocus: the person asked to write here
        autoFocus
        onFocus={(event) => event.target.select()}
        onKeyDown={onKey}
        onBlur={(event) => end(event.target.value)}
        className="w-full rounded-[7px] border border-accent bg-card px-2.5 py-[5px] text-table"
      />
    );
  }
  return (
    <div className="group relative">
      <Link
        to="/chat/$thread"
        params={{ thread: thread.id }}
        title={title}
        className="block truncate rounded-[7px] px-2.5 py-1.5 text-ink-2 text-table transition-colors group-focus-within:pr-9 max-md:pr-9 group-hover:pr-9 hover:text-ink data-[status=active]:bg-card data-[status=active]:text-ink data-[status=active]:ring-1 data-[status=active]:ring-line"
      >
        {rename.isPending ? rename.variables : title}
      </Link>
      <div className="absolute top-0.5 right-1 opacity-0 focus-within:opacity-100 group-hover:opacity-100 has-[[data-state=open]]:opacity-100 max-md:opacity-100">
        <Menu
          trigger={
            <IconButton label={t("threads.actions", { title })} tip={false}>
              <Ellipsis />
            </IconButton>
          }
        >
          <MenuItem onSelect={() => setTimeout(() => setNaming(true))}>
            <Pencil /> {t("threads.rename")}
          </MenuItem>
          <MenuItem asChild>
            <a href={`${path}/export?format=markdown`} download>
              <Download /> {t("threads.exportMarkdown")}
            </a>
          </MenuItem>
          <MenuItem asChild>
            <a href={`${path}/export?format=json`} download>
              <FileJson /> {t("threads.exportJson")}
            </a>
          </MenuItem>
          <MenuLine />
          <MenuItem danger onSelect={() => setRemoving(true)}>
            <Trash2 /> {t("threads.delete")}
          </MenuItem>
        </Menu>
      </div>
      <Confirm
        open={removing}
        onOpenChange={setRemoving}
        title={t("threads.deleteTitle", { title })}
        description={t("threads.deleteNote")}
        action={t("threads.delete")}
        onConfirm={remove}
      />
    </div>
  );
}
