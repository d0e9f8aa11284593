// Makes docs/img/login.png: node tests/flow/screenshot.mjs (not part of the test run).
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './lib/apps.mjs';
import { Browser } from './lib/oidc.mjs';
import { RELEASE_BIN } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../docs/img/login.png');
mkdirSync(path.dirname(file), { recursive: true });
const world = await World.open({ bin: RELEASE_BIN, realm: { displayName: 'Portal del Perú' } });
await world.addClient('portal', { values: { name: 'Mesa de partes' } });
const browser = await launchBrowser();
const tab = await (await browser.newContext({ viewport: { width: 960, height: 640 }, deviceScaleFactor: 1, locale: 'es-PE' })).newPage();
await tab.goto(new Browser(world.server, 'peru').authUrl({ client_id: 'portal' }));
await tab.screenshot({ path: file });
await browser.close();
await world.close();
console.log(file);
