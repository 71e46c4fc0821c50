import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { NotFound } from "./app/not-found";
import { Root } from "./app/root";
import { ChatPage } from "./chat/chat-page";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

const newChat = createRoute({ getParentRoute: () => root, path: "/", component: ChatPage });
const chat = createRoute({ getParentRoute: () => root, path: "/chat/$thread", component: ChatPage });

export type ModelsTab = "here" | "hub";

const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search: Record<string, unknown>): { tab?: ModelsTab } =>
    search.tab === "hub" ? { tab: "hub" } : {},
  component: lazyRouteComponent(() => import("./models/models-page"), "ModelsPage"),
});
const monitor = createRoute({
  getParentRoute: () => root,
  path: "/monitor",
  component: lazyRouteComponent(() => import("./monitor/monitor-page"), "MonitorPage"),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  component: lazyRouteComponent(() => import("./keys/keys-page"), "KeysPage"),
});
const connect = createRoute({
  getParentRoute: () => root,
  path: "/connect",
  component: lazyRouteComponent(() => import("./connect/connect-page"), "ConnectPage"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/$tab", params: { tab: "general" } });
  },
});
const settingsTab = createRoute({
  getParentRoute: () => root,
  path: "/settings/$tab",
  beforeLoad: ({ params }) => {
    if (params.tab === "api") throw redirect({ to: "/keys" });
  },
  component: lazyRouteComponent(() => import("./settings/settings-page"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([newChat, chat, models, monitor, keys, connect, settings, settingsTab]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
