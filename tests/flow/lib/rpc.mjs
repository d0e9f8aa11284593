// Stock clients of Connect and gRPC-Web, with the service as the product's own proto files describe it.
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from './server.mjs';

const protos = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../static/proto');

// google.protobuf.FileDescriptorSet, as protoc makes it
export function descriptors(...files) {
  const folder = tempFolder('descriptors');
  const out = path.join(folder, 'set');
  execFileSync('protoc', [`-I${protos}`, '-I/usr/include', '--include_imports', `--descriptor_set_out=${out}`, ...files]);
  const bytes = readFileSync(out);
  rmSync(folder, { recursive: true });
  return bytes;
}

export const SET = descriptors('garita/token/v1/token_validation.proto');
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, SET));
export const SERVICE = 'garita.token.v1.TokenValidation';
export const service = registry.getService(SERVICE);

const common = (server, more) => ({ baseUrl: server.origin, httpVersion: '1.1', nodeOptions: { rejectUnauthorized: false }, ...more });
export const transports = {
  'Connect, JSON': (server) => createConnectTransport(common(server, { useBinaryFormat: false })),
  'Connect, proto': (server) => createConnectTransport(common(server, { useBinaryFormat: true })),
  'gRPC-Web, JSON': (server) => createGrpcWebTransport(common(server, { useBinaryFormat: false })),
  'gRPC-Web, proto': (server) => createGrpcWebTransport(common(server, { useBinaryFormat: true })),
};
export const client = (server, kind) => createClient(service, transports[kind](server));
