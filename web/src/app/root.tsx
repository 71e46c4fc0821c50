import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call, whenSignedOut } from "@/api/client";
import type { Session } from "@/api/contract";
import { sessionQuery } from "@/api/queries";
import { Offline } from "./offline";
import { Shell } from "./shell";
import { SignIn } from "./sign-in";

/** The one-time token of a link `#token=…`; taken out of the address at once. */
function tokenFromLink(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

const linked = tokenFromLink();
let signingIn: Promise<unknown> | null = null;

/** Whoever is signed in sees the page, everybody else the way in. */
export function Root() {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);
  const [trying, setTrying] = useState(linked !== null);
  const session = useQuery({ ...sessionQuery, enabled: !trying });

  useEffect(() => {
    whenSignedOut(() => {
      client.setQueryData<Session>(sessionQuery.queryKey, (known) => known && { ...known, signed_in: false });
    });
  }, [client]);

  useEffect(() => {
    if (linked === null) return;
    signingIn ??= call("POST", "/api/session", { token: linked });
    signingIn.catch(setRefusal).finally(() => setTrying(false));
  }, []);

  if (trying || session.isPending) return <div className="h-full bg-bg" />;
  if (session.isError) return <Offline error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data.signed_in) return <SignIn session={session.data} refusal={refusal} />;
  return <Shell />;
}
