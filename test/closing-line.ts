import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a test run with one plain line, `N passed, N failed`, which scripts and people can read alike.
 * A file that could not be loaded and an error outside of any test count as failed: a run with them is not green.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = strayErrors.length;
    let skipped = 0;
    for (const module of modules) {
      const failedBefore = failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failed += 1;
        else skipped += 1;
      }
      if (module.state() === "failed" && failed === failedBefore) failed += 1;
    }
    const more = skipped === 0 ? "" : `, ${skipped} skipped`;
    process.stdout.write(`${passed} passed, ${failed} failed${more}\n`);
  }
}
