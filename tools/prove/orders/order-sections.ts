import type { ProveContext, SectionResult } from "../section.ts";
import { orderSetups } from "./order-venues.ts";
import { runKills } from "./run-kills.ts";
import { runOrders } from "./run-orders.ts";

/** Time passes so much faster: the proof that an order never arrived takes some fifteen seconds of it. */
const SPEED = 10;
const FAULT_SHARE = 0.2;
/** Programs at a time: they wait more than they work. */
const LANES = 6;
const KILLS_PER_ACCOUNT = 10;
const MOST_SHOWN = 10;

/** Orders in numbers, of every connector that trades. */
export async function runOrdersSection(context: ProveContext): Promise<SectionResult> {
  const { orders, orderSeed: seed } = context.options;
  const signal = boundedSignal(context);
  const problems: string[] = [];
  const figures: Record<string, string | number> = {};
  let cutShort: string | undefined;
  for (const setup of orderSetups) {
    const { name } = setup.plugin;
    const outcome = await runOrders({
      setup,
      orders,
      seed,
      faultShare: FAULT_SHARE,
      speed: SPEED,
      onCommands: (commands) => context.say(`${name}: ${commands} commands`),
      signal,
    });
    problems.push(...outcome.problems.map((problem) => `${name}: ${problem}`));
    const { placed = 0 } = outcome.commands;
    if (placed < orders) cutShort = `${name}: ${placed} of ${orders} orders`;
    figures[`${name}, commands`] = list(outcome.commands);
    figures[`${name}, faults`] = `${sum(outcome.faults)}: ${list(outcome.faults)}`;
    figures[`${name}, orders at the venue`] = `${sum(outcome.atVenue)}: ${list(outcome.atVenue)}`;
    figures[`${name}, orders known`] = `${sum(outcome.known)}: ${list(outcome.known)}`;
    figures[`${name}, fills and events`] = `${outcome.fills} fills, ${outcome.events} events`;
    figures[`${name}, problems told`] = list(outcome.told);
  }
  return { problems: problems.slice(0, MOST_SHOWN), cutShort, figures };
}

/** Programs killed, of every connector that trades. */
export async function runKillsSection(context: ProveContext): Promise<SectionResult> {
  const { kills, orderSeed: seed } = context.options;
  const signal = boundedSignal(context);
  const problems: string[] = [];
  const figures: Record<string, string | number> = {};
  let cutShort: string | undefined;
  for (const setup of orderSetups) {
    const { name } = setup.plugin;
    const outcome = await runKills({
      setup,
      kills,
      seed,
      lanes: LANES,
      killsPerAccount: KILLS_PER_ACCOUNT,
      speed: SPEED,
      onKill: (done) => {
        if (done % 50 === 0) context.say(`${name}: ${done} kills`);
      },
      signal,
    });
    problems.push(...outcome.problems.map((problem) => `${name}: ${problem}`));
    if (outcome.kills < kills && signal.aborted) cutShort = `${name}: ${outcome.kills} of ${kills} kills`;
    const { accounts, comparisons, orders, fills, absent, events } = outcome;
    figures[`${name}, kills`] = `${outcome.kills}: ${list(outcome.moments)}`;
    figures[`${name}, compared`] = `${comparisons} times, ${accounts} accounts`;
    figures[`${name}, orders`] =
      `${orders} at the venue with ${fills} fills, ${absent} proven absent, ${events} events`;
  }
  return { problems: problems.slice(0, MOST_SHOWN), cutShort, figures };
}

function boundedSignal({ signal, options: { minutes } }: ProveContext): AbortSignal {
  return minutes === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).toSorted(([, one], [, other]) => other - one);
  return entries.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}
