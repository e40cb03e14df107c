import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends the output with `N passed, N failed, N skipped`, so that a script can read the outcome. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      // A file that could not even be loaded holds no tests, but it failed.
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`;
    // At exit, so that it comes after the default reporter's own summary.
    process.once("exit", () => process.stdout.write(`\n${line}\n`));
  }
}
