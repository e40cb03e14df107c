import type { Capabilities, Connector } from "@conn/core";
import type { ConformanceCase, Situation } from "./conformance-case.js";
import { Desk, type DeskOptions } from "./desk.js";
import { expectNotSupported } from "./not-supported.js";
import type { Stage } from "./stage.js";

/** A case of trading: it begins with an account and a connector that trades for it. */
export interface TradingCase
  extends Pick<ConformanceCase, "id" | "title" | "needsTrading" | "situations" | "timeoutMs" | "appliesTo"> {
  readonly desk?: DeskOptions;
  /** Why it cannot run at this venue, although the connector supports it; undefined if it can. */
  skips?(supports: Capabilities): string | undefined;
  run(desk: Desk, situation: Situation): Promise<void>;
  /** Calls that are refused where it is not supported. Without them there is no inverse case. */
  readonly refused?: (tradingPair: string) => readonly ((connector: Connector) => Promise<unknown>)[];
}

/**
 * Makes a case of the kit of it. In the end everything that the connector has told of its orders must be as the venue has
 * it, and no secret may be in anything that it has shown.
 */
export function tradingCase({ desk: options, run, refused, skips, ...facts }: TradingCase): ConformanceCase {
  return {
    ...facts,
    needs: "trading",
    setupSkipReason: ({ plugin, simulator }) =>
      simulator.hasAccounts ? skips?.(plugin.supports) : "the simulated venue has no accounts",
    async run(stage, situation) {
      const desk = await Desk.open(stage, situation, options);
      await run(desk, situation);
      desk.expectTruth();
      desk.expectNoSecrets();
    },
    ...(refused && { inverse: (stage: Stage) => expectNotSupported(stage, refused(stage.pairs(1)[0])) }),
  };
}
