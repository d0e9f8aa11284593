// Importing a realm of many people, as Keycloak exports them: how long, and how much memory at most.
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { pbkdf2, realmExport } from '../flow/lib/exports.mjs';
import { tempFolder } from '../flow/lib/server.mjs';
import { measured, report } from './lib.mjs';

// One person a line, each with a hash, two roles of the realm, one of a client and a group.
function writeExport(file, people) {
  const credential = pbkdf2('correct-horse');
  const [before, after] = JSON.stringify(realmExport(26, { realm: 'bench', users: ['HERE'] })).split('"HERE"');
  const out = openSync(file, 'w');
  writeSync(out, before);
  for (let i = 0; i < people; i++) {
    const user = {
      username: `user${i}`, enabled: true, email: `user${i}@example.pe`, emailVerified: true, firstName: `Ana${i % 100}`, lastName: `Díaz${i % 1000}`,
      createdTimestamp: 1600000000000 + i, attributes: { branch: [`b${i % 100}`], dni: [String(10000000 + i)] }, credentials: [credential],
      realmRoles: ['default-roles-bench', 'teller'], clientRoles: { portal: ['write'] }, groups: ['/branches/lima'],
    };
    writeSync(out, `${i ? ',\n' : ''}${JSON.stringify(user)}`);
  }
  writeSync(out, after);
  closeSync(out);
}

export async function importRealm() {
  for (const people of [5000, 55000]) {
    const folder = tempFolder('import');
    const file = path.join(folder, 'bench-realm.json');
    const data = path.join(folder, 'garita');
    writeExport(file, people);
    await measured(['init', '--data', data]);
    const taken = await measured(['realm', 'import', file, '--data', data]);
    const size = `file ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB`;
    report(`people imported, ${people.toLocaleString('en')}`, people / taken.seconds, 'per s',
      `${taken.seconds.toFixed(1)} s, at most ${taken.peak.toFixed(0)} MiB; ${size}${people === 55000 ? '; aim below 60 s' : ''}`);
    rmSync(folder, { recursive: true });
  }
}
