import { Braces, Brain, Globe, ShieldQuestionMark, SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ModelEntry, ServerStatus } from "@/api/contract";
import { Tip } from "@/ui/tip";
import { SERVER_TOOLS, type ServerTool, setChatOptions, useChatOptions } from "./options";

const ICONS: Record<ServerTool, ReactNode> = {
  python: <Braces />,
  terminal: <SquareTerminal />,
  web_search: <Globe />,
};

/** Which of the server's tools the model may use, and whether it thinks first. */
export function ToolSwitches({
  status,
  model,
}: {
  status: ServerStatus | undefined;
  model: ModelEntry | undefined;
}) {
  const { t } = useTranslation();
  const options = useChatOptions();
  const off = status && !status.server_tools.enabled ? status.server_tools.reason : null;
  const toggle = (tool: ServerTool) => {
    const others = options.tools.filter((each) => each !== tool);
    setChatOptions({ tools: others.length === options.tools.length ? [...others, tool] : others });
  };
  return (
    <>
      {model?.capabilities.thinking && (
        <Toggle
          on={options.thinking}
          onClick={() => setChatOptions({ thinking: !options.thinking })}
          tip={options.thinking ? t("chat.thinkingOn") : t("chat.thinkingOff")}
        >
          <Brain />
          {t("chat.think")}
        </Toggle>
      )}
      {SERVER_TOOLS.map((tool) => (
        <Toggle
          key={tool}
          on={!off && options.tools.includes(tool)}
          disabled={off !== null}
          onClick={() => toggle(tool)}
          tip={off ? t("chat.toolsOff", { reason: off }) : t(`chat.toolTip.${tool}`)}
        >
          {ICONS[tool]}
          {t(`tools.${tool}`)}
        </Toggle>
      ))}
      {!off && options.tools.length > 0 && (
        <Toggle
          on={options.askFirst}
          onClick={() => setChatOptions({ askFirst: !options.askFirst })}
          tip={options.askFirst ? t("chat.askFirstOn") : t("chat.askFirstOff")}
        >
          <ShieldQuestionMark />
          {t("chat.askFirst")}
        </Toggle>
      )}
    </>
  );
}

interface ToggleProps {
  on: boolean;
  onClick: () => void;
  tip: string;
  disabled?: boolean;
  children: ReactNode;
}

function Toggle({ on, onClick, tip, disabled = false, children }: ToggleProps) {
  return (
    <Tip text={tip}>
      <button
        type="button"
        aria-pressed={on}
        aria-disabled={disabled}
        onClick={disabled ? undefined : onClick}
        className={`inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-note transition-colors aria-disabled:cursor-not-allowed aria-disabled:opacity-55 [&_svg]:size-3.5 ${
          on
            ? "border-transparent bg-soft text-soft-ink"
            : "border-line text-ink-2 hover:border-line-strong hover:text-ink"
        }`}
      >
        {children}
      </button>
    </Tip>
  );
}
