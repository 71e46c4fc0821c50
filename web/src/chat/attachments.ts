import { useCallback, useState } from "react";
import { request } from "@/api/client";
import type { StoredFile } from "@/api/contract";

/** An image on its way to the server, or there. `url` shows it meanwhile. */
export interface Attachment {
  key: string;
  name: string;
  url: string;
  stored: StoredFile | null;
  error: unknown;
}

let keys = 0;

/** The images of a message that is being written. */
export function useAttachments() {
  const [attachments, setAttachments] = useState<Attachment[]>([]);

  const change = useCallback((key: string, part: Partial<Attachment>) => {
    setAttachments((all) => all.map((each) => (each.key === key ? { ...each, ...part } : each)));
  }, []);

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        if (!file.type.startsWith("image/")) continue;
        const key = String(keys++);
        const begun = { key, name: file.name, url: URL.createObjectURL(file), stored: null, error: null };
        setAttachments((all) => [...all, begun]);
        request("POST", "/api/files", file, { headers: { "content-type": file.type } })
          .then((response) => response.json())
          .then((stored: StoredFile) => change(key, { stored }))
          .catch((error: unknown) => change(key, { error }));
      }
    },
    [change],
  );
  const remove = useCallback((key: string) => {
    setAttachments((all) => {
      const gone = all.find((each) => each.key === key);
      if (gone) URL.revokeObjectURL(gone.url);
      return all.filter((each) => each.key !== key);
    });
  }, []);
  const clear = useCallback(() => {
    setAttachments((all) => {
      for (const each of all) URL.revokeObjectURL(each.url);
      return [];
    });
  }, []);
  return { attachments, add, remove, clear };
}
