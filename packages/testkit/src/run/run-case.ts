import { inspect } from "node:util";
import { WaitError } from "../world/loopback-world.js";
import { type ConformanceCase, isSupported, type Situation } from "./conformance-case.js";
import { Stage, type StageSetup } from "./stage.js";

/**
 * Runs one case against a fresh venue in a fresh world.
 *
 * @throws {Error} that says which case failed, why, by which rule of the venue, and what happened last.
 */
export async function runCase(
  setup: StageSetup,
  conformanceCase: ConformanceCase,
  situation: Situation = "connected",
): Promise<void> {
  const { id, title } = conformanceCase;
  const supported = isSupported(conformanceCase, setup.plugin.supports);
  let stage: Stage | undefined;
  try {
    stage = await Stage.open(conformanceCase.prepare?.(setup) ?? setup);
    const reason = conformanceCase.skipReason?.(stage.record) ?? conformanceCase.setupSkipReason?.(setup);
    if (supported && reason !== undefined) throw new TypeError(`this case cannot run here: ${reason}`);
    if (supported) await conformanceCase.run(stage, situation);
    else await conformanceCase.inverse?.(stage);
    await stage.close();
  } catch (cause) {
    const error = new Error(report(`${id} ${title} (${situation})`, cause, stage), { cause });
    // Closes what is open without hiding the first failure behind a second.
    await stage?.close().catch(() => undefined);
    throw error;
  }
}

function report(name: string, cause: unknown, stage: Stage | undefined): string {
  // The state of the world comes below.
  const lines = [name, cause instanceof WaitError ? cause.summary : messageOf(cause)];
  if (stage === undefined) return lines.join("\n");
  const { source, rules, ...record } = stage.record;
  lines.push("", `the venue's rules, by ${source}:`, ...rules.map((rule) => `  ${rule}`));
  lines.push(`  as the record has them: ${inspect(record, { breakLength: Infinity })}`);
  for (const { owner, connector } of stage.probes) {
    for (const [tradingPair, { integrity }] of connector.orderBooks) {
      lines.push(`${owner}, book of ${tradingPair}: ${inspect(integrity, { breakLength: Infinity })}`);
    }
    lines.push(...problemsOf(stage, owner));
  }
  lines.push(stage.world.describe({ events: 30 }));
  return lines.join("\n");
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function problemsOf(stage: Stage, owner: string): string[] {
  return stage.world.logLines
    .filter((line) => line.owner === owner && (line.level === "warn" || line.level === "error"))
    .slice(-10)
    .map(
      ({ level, message, fields }) => `${owner} ${level}: ${message} ${inspect(fields.error ?? fields.code)}`,
    );
}
