import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

export type Words = typeof en;
export type Language = "en" | "zh";

export const LANGUAGES: { value: Language; name: string }[] = [
  { value: "en", name: "English" },
  { value: "zh", name: "中文" },
];

const KEY = "studio.language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: Words };
    enableSelector: false;
  }
}

function preferred(): Language {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // storage is switched off: the browser's language decides
  }
  return (chosen ?? navigator.language).startsWith("zh") ? "zh" : "en";
}

/** Loads the words of the person's language; English comes with the page. */
export async function startWords(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    showSupportNotice: false,
  } as Parameters<typeof i18next.init>[0]);
  await use(preferred());
}

export async function chooseLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // the choice lasts as long as the page
  }
  await use(language);
}

async function use(language: Language): Promise<void> {
  if (language === "zh" && !i18next.hasResourceBundle("zh", "translation")) {
    const { zh } = await import("./zh");
    i18next.addResourceBundle("zh", "translation", zh);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}
