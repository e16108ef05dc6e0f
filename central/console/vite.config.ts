// How the console is built: one page into dist/, libraries apart so that they stay cached between versions.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVICE = "http://127.0.0.1:8600";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (!id.includes("node_modules")) return undefined;
          return /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\//.test(id) ? "react" : "antd";
        },
      },
    },
  },
  server: { proxy: { "/api": SERVICE } },
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 10_000 },
});
