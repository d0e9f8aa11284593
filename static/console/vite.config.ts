import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const out = process.env.GARITA_CONSOLE_OUT ?? '../../build/console';

/* The binary carries every file as it is and compressed, so that no request costs a compression. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath ?? entry.path, entry.name);
        if (entry.isFile() && !path.endsWith('.gz'))
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: './', // wherever the realm and the base path put the page
  plugins: [compressed()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: ['chrome100', 'firefox100', 'safari15.4'],
    assetsInlineLimit: 0, // the policy of the page takes nothing inline
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: ['index.html', 'account.html'] },
  },
});
