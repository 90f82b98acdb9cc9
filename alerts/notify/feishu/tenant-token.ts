import type { Clock } from "../../../core/clock.ts";
import type { AppOutcome } from "./app-port.ts";

/** The app's access token, asked for once however many need it. The SDK's own asks once per caller, and keeps a void one. */
export interface TenantToken {
  current(): Promise<AppOutcome<string>>;
  /** After a refusal. Who comes with a token that was replaced already changes nothing. */
  forget(refused: string): void;
}

export interface FetchedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** As the SDK does: nobody sets out with a token that ends on the way. */
const RENEWED_BEFORE_END_MS = 3 * 60_000;

export function createTenantToken(
  fetchToken: () => Promise<AppOutcome<FetchedToken>>,
  clock: Pick<Clock, "monotonicMs">,
): TenantToken {
  let known: { readonly token: string; readonly untilMs: number } | undefined;
  let asking: Promise<AppOutcome<string>> | undefined;
  const ask = async (): Promise<AppOutcome<string>> => {
    try {
      const outcome = await fetchToken();
      if (outcome.kind !== "done") return outcome;
      const { token, expiresInSeconds } = outcome.value;
      known = { token, untilMs: clock.monotonicMs() + expiresInSeconds * 1_000 - RENEWED_BEFORE_END_MS };
      return { kind: "done", value: token };
    } finally {
      asking = undefined;
    }
  };
  return {
    current: async () => {
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return { kind: "done", value: known.token };
      asking ??= ask();
      return asking;
    },
    forget: (refused) => {
      if (known?.token === refused) known = undefined;
    },
  };
}
