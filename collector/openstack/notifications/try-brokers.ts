import type { PullProblem } from "../../pull/problem.ts";
import { secretText } from "../../pull/secret.ts";
import type { NotificationSource } from "./broker-options.ts";
import { brokerProblem, noExchange } from "./broker-problem.ts";
import { runBrokerSession } from "./broker-session.ts";

/** What a broker says to somebody who is about to listen at it. */
export interface BrokerAnswer {
  readonly broker: string;
  /** Exchanges the queue was bound to. */
  readonly exchanges: readonly string[];
  readonly problem: PullProblem | undefined;
}

/**
 * Does at each broker what listening begins with, and takes no message: connects, declares the queue and binds it. Where nobody
 * listens afterwards the broker deletes the queue by itself.
 */
export async function tryBrokers(source: NotificationSource): Promise<readonly BrokerAnswer[]> {
  const answers: BrokerAnswer[] = [];
  for (const broker of source.brokers) answers.push(await tryBroker(source, broker));
  return answers;
}

async function tryBroker(source: NotificationSource, broker: string): Promise<BrokerAnswer> {
  const password = await secretText(source.password);
  if (typeof password !== "string") return { broker, exchanges: [], problem: password };
  const end = new AbortController();
  let bound: readonly string[] = [];
  const onListening = (exchanges: readonly string[]): void => {
    bound = exchanges;
    end.abort();
  };
  try {
    await runBrokerSession({ source, broker, password, onListening, onMessage: async () => false }, end.signal);
    return { broker, exchanges: bound, problem: bound.length === 0 ? noExchange(source) : undefined };
  } catch (error) {
    return { broker, exchanges: [], problem: brokerProblem(error, source) };
  }
}
