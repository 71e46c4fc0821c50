import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { settingsQuery } from "@/api/queries";
import { NotFound } from "@/app/not-found";
import { PageBody, Skeleton, Trouble } from "@/ui/page";
import { About } from "./about";
import { Appearance } from "./appearance-tab";
import { Folders } from "./folders";
import { General } from "./general";
import { SETTINGS_TABS, TabBar } from "./tab-bar";
import { Tools } from "./tools";

/** What this server runs with, and how the page looks. */
export function SettingsPage() {
  const params = useParams({ from: "/settings/$tab" });
  const tab = SETTINGS_TABS.find((each) => each === params.tab);
  const { data, isPending, error, refetch } = useQuery(settingsQuery);
  if (tab === undefined) return <NotFound />;
  return (
    <>
      <TabBar tab={tab} />
      <PageBody className="max-w-[980px]">
        {tab === "appearance" && <Appearance />}
        {tab !== "appearance" && isPending && <Skeleton rows={6} />}
        {tab !== "appearance" && error && <Trouble error={error} onRetry={() => void refetch()} />}
        {data && tab === "general" && <General settings={data} />}
        {data && tab === "tools" && <Tools settings={data} />}
        {data && tab === "folders" && <Folders settings={data} />}
        {data && tab === "about" && <About settings={data} />}
      </PageBody>
    </>
  );
}
