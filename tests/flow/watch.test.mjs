// WatchRevocations goes on as long as its watcher may hear of what ends, in every protocol.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {client as stubOf, load} from './lib/grpc.mjs';
import {basic} from './lib/http.mjs';
import {decode} from './lib/oidc.mjs';
import {freePort} from './lib/server.mjs';
import {watchGrpc, what} from './lib/watch.mjs';
import {World} from './lib/world.mjs';

const {TokenValidation} = load('garita/token/v1/token_validation.proto').garita.token.v1;

let world, portal, stub;
const ways = {
    gRPC : (headers, request) => watchGrpc(stub, headers, request)
};

before(async () => {
    const ports = {
        web : await freePort(),
        management : await freePort(),
        redirect : await freePort(),
        grpc : await freePort()
    };
    world = await World.open({ports});
    await world.addUser('ana');
    portal = await world.addClient('portal', {values : {directAccessGrantsEnabled : true}});
    stub = stubOf(world.server, TokenValidation);
});
after(async () => {
    stub.close();
    await world.close();
});

let made = 0;
// A client that may watch, of a test's own.
async function watcher(realm = 'peru', values = {})
{
    const c = await world.addClient(`watcher-${made += 1}`, {realm, serviceAccount : true, values});
    await role('assign', c, realm);
    return c;
}
const role = (verb, c, realm = 'peru') =>
    world.cli.ok('role', verb, '--realm', realm, '--role', 'token-validator', '--username',
                 `service-account-${c.clientId}`);
const secretOf = (c, realm = 'peru') =>
    ({Authorization : basic(c.clientId, c.secret).Authorization, 'X-Tenant-ID' : realm});
const bearerOf = async (c) => ({Authorization : `Bearer ${(await c.service()).json.access_token}`});
const endToken = async () => {
    const token = (await portal.password('ana')).json.access_token;
    const revoked = await portal.revoke(token);
    assert.equal(revoked.status, 200, revoked.text);
    return decode(token).jti;
};

// What takes the leave to watch away, and what the watcher is told.
const losses = [
    [
        'its role is taken away', 'PermissionDenied',
        async () => {
            const c = await watcher();
            return {headers : secretOf(c), lose : () => role('revoke', c)};
        }
    ],
    [
        'the same for one that came with a token', 'PermissionDenied',
        async () => {
            const c = await watcher();
            return {headers : await bearerOf(c), lose : () => role('revoke', c)};
        }
    ],
    [
        'its client is disabled', 'Unauthenticated',
        async () => {
            const c = await watcher();
            return {
                headers : secretOf(c),
                lose : () => world.setClient(c.clientId, {enabled : false})
            };
        }
    ],
    [
        'its secret is another', 'Unauthenticated',
        async () => {
            const c = await watcher();
            return {
                headers : secretOf(c),
                lose : () => world.cli.ok('client', 'secret', '--realm', 'peru', '--client-id',
                                          c.clientId, '--rotate')
            };
        }
    ],
    [
        'its service account is disabled', 'PermissionDenied',
        async () => {
            const c = await watcher();
            return {
                headers : secretOf(c),
                lose : () => world.setUser(`service-account-${c.clientId}`, {enabled : false})
            };
        }
    ],
    [
        'its token is revoked', 'Unauthenticated',
        async () => {
            const c = await watcher();
            const headers = await bearerOf(c);
            return {headers, lose : () => c.revoke(headers.Authorization.slice('Bearer '.length))};
        }
    ],
    [
        'its token expires', 'Unauthenticated',
        async () => {
            const c = await watcher('peru', {'attributes.access.token.lifespan' : '2'});
            return {
                headers : await bearerOf(c),
                lose : () => new Promise((resolve) => { setTimeout(resolve, 2000); })
            };
        }
    ],
    [
        'the realm that it watches from master is disabled', 'PermissionDenied',
        async () => {
            const realm = `chile-${made += 1}`;
            await world.addRealm(realm);
            const c = await watcher('master');
            return {
                headers : secretOf(c, 'master'),
                request : {realm},
                lose : () => world.setRealm({enabled : false}, realm)
            };
        }
    ],
    [
        'the realm that it watches from master is deleted', 'NotFound',
        async () => {
            const realm = `bolivia-${made += 1}`;
            await world.addRealm(realm);
            const c = await watcher('master');
            return {
                headers : secretOf(c, 'master'),
                request : {realm},
                lose : () => world.cli.ok('realm', 'delete', realm, '--confirm', realm)
            };
        }
    ],
];

for (const [way, watch] of Object.entries(ways)) {
    for (const [name, code, prepare] of losses)
        test(`OT-11 ${way}: a watch ends when ${name}, and nothing is told after that`,
             async () => {
                 const {headers, request, lose} = await prepare();
                 const w = watch(headers, request);
                 assert.deepEqual(what(await w.reach(1)), {reset : true});
                 await lose();
                 const late = await endToken();
                 assert.equal(await w.code, code);
                 assert.deepEqual(w.heard.filter((h) => h.jti === late), []);
             });

    test(`${way}: a watch goes on when other things change`, async () => {
        const c = await watcher();
        const headers = await bearerOf(c);
        const w = watch(headers);
        await w.reach(1);
        await world.setRealm({displayName : `Peru ${made += 1}`});
        const other = await watcher();
        await role('revoke', other);
        await world.setClient(other.clientId, {enabled : false});
        const jti = await endToken();
        while (!w.heard.some((h) => h.jti === jti))
            assert.ok(await w.reach(w.heard.length + 1), `ended: ${w.ended}`);
        assert.deepEqual(w.heard.map((h) => Number(h.number)), w.heard.map((_, i) => i + 1));
        w.cancel();
    });
}
