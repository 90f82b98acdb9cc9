import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/ScrollArea.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/Loader.css";
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/PasswordInput.css";
import "@mantine/core/styles/Button.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/Menu.css";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/Switch.css";
import "@mantine/core/styles/Tooltip.css";
import "@mantine/core/styles/Kbd.css";
import "@mantine/core/styles/Combobox.css";
import "./theme/tokens.css";
import "./theme/controls.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { OperatorError } from "../../core/errors.ts";
import { router } from "./app/router.tsx";
import { TextsProvider } from "./text/texts.tsx";
import { applyAppearance, mantineTheme, useAppearance } from "./theme/appearance.ts";

const RETRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again; only a server that was away is asked again.
      retry: (count, error) => count < RETRIES && error instanceof OperatorError && error.status >= 500,
      refetchOnWindowFocus: false,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

function Page() {
  const language = useAppearance((appearance) => appearance.language);
  return (
    <TextsProvider language={language}>
      <RouterProvider router={router} />
    </TextsProvider>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the document has no element #root");
applyAppearance();
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={mantineTheme}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: "nephoscope.theme" })}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <Page />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
