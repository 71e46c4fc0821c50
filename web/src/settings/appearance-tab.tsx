import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { setSingleKeys, singleKeysOn } from "@/app/shortcuts";
import { Select, Switch } from "@/ui/field";
import { Title } from "@/ui/page";
import { chooseLanguage, LANGUAGES, type Language } from "@/words";
import { chooseTheme, type Theme, useTheme } from "./appearance";
import { Facts } from "./facts";

const THEMES: Theme[] = ["system", "light", "dark"];

export function Appearance() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const [keys, setKeys] = useState(singleKeysOn);
  return (
    <>
      <Title note={t("settings.appearanceNote")}>{t("settings.tab.appearance")}</Title>
      <Facts
        rows={[
          [
            t("settings.theme"),
            <RadioGroup.Root
              key="theme"
              aria-label={t("settings.theme")}
              value={theme}
              onValueChange={(next) => chooseTheme(next as Theme)}
              className="inline-flex gap-1 rounded-control bg-panel p-1"
            >
              {THEMES.map((each) => (
                <RadioGroup.Item
                  key={each}
                  value={each}
                  className="rounded-[6px] px-3 py-1 text-ink-2 data-[state=checked]:bg-card data-[state=checked]:font-medium data-[state=checked]:text-ink data-[state=checked]:ring-1 data-[state=checked]:ring-line"
                >
                  {t(`settings.themes.${each}`)}
                </RadioGroup.Item>
              ))}
            </RadioGroup.Root>,
          ],
          [
            t("settings.language"),
            <Select
              key="language"
              aria-label={t("settings.language")}
              value={i18n.language}
              onChange={(event) => void chooseLanguage(event.target.value as Language)}
            >
              {LANGUAGES.map(({ value, name }) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </Select>,
          ],
          [
            t("settings.singleKeys"),
            <span key="keys" className="flex items-center gap-3">
              <Switch
                label={t("settings.singleKeys")}
                checked={keys}
                onCheckedChange={(on) => {
                  setSingleKeys(on);
                  setKeys(on);
                }}
              />
              <span className="text-ink-2">{t("settings.singleKeysNote")}</span>
            </span>,
          ],
        ]}
      />
    </>
  );
}
