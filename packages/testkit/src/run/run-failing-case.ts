import { ALL_CASES } from "../cases/all-cases.js";
import type { Situation } from "./conformance-case.js";
import { ConformanceFailure } from "./failure.js";
import { runCase } from "./run-case.js";
import type { StageSetup } from "./stage.js";

/**
 * Runs one case with a connector that is wrong on purpose: shows that the case, with this venue, can fail.
 *
 * @returns The report of the failure.
 * @throws {ConformanceFailure} if the case passes.
 * @throws {TypeError} if there is no such case.
 */
export async function runFailingCase(
  setup: StageSetup,
  id: string,
  situation: Situation = "connected",
): Promise<string> {
  const conformanceCase = ALL_CASES.find((one) => one.id === id);
  if (conformanceCase === undefined) throw new TypeError(`there is no case ${id}`);
  try {
    await runCase(setup, conformanceCase, situation);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new ConformanceFailure(`expected: ${id} to fail, but it passed`);
}
