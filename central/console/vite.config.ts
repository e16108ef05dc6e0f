// How the console is built: one page into dist/, libraries apart so that they stay cached between versions.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The view in 3-D and what only it needs: left in the chunk that is loaded with the first image. */
const WITH_IMAGES =
  /node_modules\/(@niivue|@lukeed|@ungap|@?zarrita|array-equal|fflate|gl-matrix|nifti-reader-js|numcodecs|reference-spec-reader|unzipit|uzip-module)\//;

const SERVICE = "http://127.0.0.1:8600";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500, // NiiVue, loaded with the first image
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (!id.includes("node_modules") || WITH_IMAGES.test(id)) return undefined;
          return /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\//.test(id) ? "react" : "antd";
        },
      },
    },
  },
  server: { proxy: { "/api": SERVICE } },
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 10_000 },
});
