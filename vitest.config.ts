import { defineConfig } from "vitest/config";

const INTEGRATION = { testTimeout: 120_000, hookTimeout: 120_000 };

/** Which test belongs where is told in docs/architecture.md, "Tests". The projects run one after the other. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["test/integration/**", "test/e2e/**"],
          testTimeout: 120_000,
          // Else one core is left to the main process, which has little to do: on two cores that is half of them.
          maxWorkers: "100%",
        },
      },
      {
        test: {
          ...INTEGRATION,
          name: "integration",
          include: ["test/integration/*.test.ts"],
          // They wait more than they compute.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...INTEGRATION,
          name: "integration-alone",
          include: ["test/integration/alone/*.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
