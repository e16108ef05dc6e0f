// Colours and sizes: the same values for Ant Design's parts and, as CSS variables, for our own.

import { ConfigProvider, theme as antTheme, type ThemeConfig } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useEffect, type ReactNode } from "react";

import { useText } from "../i18n/text.ts";
import { usePreferences, type Theme } from "./preferences.ts";

const FONT = `"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif`;

interface Colours {
  accent: string;
  page: string;
  panel: string;
  raised: string;
  border: string;
  ink: string;
  release: string;
  wait: string;
  stop: string;
}

const COLOURS: Record<Theme, Colours> = {
  light: {
    accent: "#2b62c9",
    page: "#f2f4f7",
    panel: "#ffffff",
    raised: "#ffffff",
    border: "#cfd6de",
    ink: "#1b242e",
    release: "#1d7f49",
    wait: "#9a6200",
    stop: "#c62828",
  },
  dark: {
    accent: "#6b9df2",
    page: "#11151a",
    panel: "#1a2027",
    raised: "#20272f",
    border: "#3d4854",
    ink: "#dbe2e9",
    release: "#4cc38a",
    wait: "#e3ad45",
    stop: "#ff7166",
  },
};

function antConfig(theme: Theme): ThemeConfig {
  const colours = COLOURS[theme];
  return {
    algorithm: theme === "dark" ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: {
      colorPrimary: colours.accent,
      colorInfo: colours.accent,
      colorLink: colours.accent,
      colorSuccess: colours.release,
      colorWarning: colours.wait,
      colorError: colours.stop,
      green: colours.release,
      colorTextBase: colours.ink,
      colorBgLayout: colours.page,
      colorBgContainer: colours.panel,
      colorBgElevated: colours.raised,
      colorBorder: colours.border,
      fontFamily: FONT,
      fontSize: 14,
      borderRadius: 4,
      motionDurationMid: "0.1s",
      motionDurationSlow: "0.15s",
    },
  };
}

/** Applies theme and language to the document and to everything inside. */
export function Themed({ children }: { children: ReactNode }) {
  const { theme, language } = usePreferences();
  const text = useText();
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = text.product;
  }, [theme, language, text]);
  return (
    <ConfigProvider
      locale={language === "zh" ? zhCN : enUS}
      theme={antConfig(theme)}
      button={{ autoInsertSpace: false }}
    >
      {children}
    </ConfigProvider>
  );
}
