/* The Admin REST API and the account API, as any script sees them. */
import { accessToken, distrust, place, SessionEnded } from './auth';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: nobody answered; 202: it waits for a second person
    message: string,
    readonly field?: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/* What a refusal says of one of the fields. */
export interface Wrong {
  field?: string;
  message: string;
}
export function wrongOf(error: unknown): Wrong | undefined {
  return error instanceof ApiError && error.field ? { field: error.field, message: error.message } : undefined;
}

export interface CallOptions {
  signal?: AbortSignal;
  why?: string; // kept with the event of the change
  type?: string; // of the body; JSON without
  headers?: Record<string, string>;
  onSent?: (part: number) => void; // how much of the body is out, 0 to 1
}

/* Told about what happens to every call: the session's end, and a change that is made only by who says
 * why. */
export const hooks = {
  sessionEnded: () => {},
  askWhy: (): Promise<string | undefined> => Promise.resolve(undefined),
};

/* What is asked for wants somebody who has just logged in (RFC 9470). */
export function wantsLogin(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code === 'insufficient_user_authentication';
}

function fieldsOf(body: unknown): { message?: string; field?: string; code?: string } {
  if (typeof body !== 'object' || body === null) return {};
  const b = body as Record<string, unknown>;
  const list = Array.isArray(b.errors) ? (b.errors[0] as Record<string, unknown>) : undefined;
  const message = b.errorMessage ?? b.error_description ?? list?.errorMessage ?? b.error;
  const field = b.field ?? list?.field;
  return {
    message: typeof message === 'string' ? message : undefined,
    field: typeof field === 'string' ? field : undefined,
    code: typeof b.error === 'string' ? b.error : undefined,
  };
}

async function errorOf(answer: Response): Promise<ApiError> {
  let body: unknown;
  try {
    body = await answer.json();
  } catch {
    body = undefined;
  }
  const { message, field, code } = fieldsOf(body);
  return new ApiError(answer.status, message ?? answer.statusText, field, code);
}

/* A header of fetch holds bytes; the server reads them as UTF-8. */
function utf8AsBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/* fetch does not tell how much of a body is out: this does, and answers like it. */
function sendAndTell(method: string, url: string, headers: Record<string, string>, body: BodyInit, o: CallOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => o.onSent!(e.lengthComputable && e.total > 0 ? e.loaded / e.total : 0);
    xhr.upload.onload = () => o.onSent!(1);
    xhr.onload = () => {
      const headersOf = xhr.getAllResponseHeaders().trim().split(/\r?\n/).map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }).filter(([name]) => name);
      resolve(new Response(xhr.responseText || null, { status: xhr.status, statusText: xhr.statusText, headers: headersOf }));
    };
    xhr.onerror = () => reject(new TypeError('network'));
    xhr.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    o.signal?.addEventListener('abort', () => xhr.abort());
    xhr.send(body as XMLHttpRequestBodyInit);
  });
}

async function send(method: string, path: string, body: unknown, o: CallOptions) {
  const headers: Record<string, string> = {
    Authorization: `Bearer ${await accessToken()}`,
    Accept: 'application/json',
    ...o.headers,
  };
  if (body !== undefined) headers['Content-Type'] = o.type ?? 'application/json';
  if (o.why) headers['X-Justification'] = utf8AsBytes(o.why);
  const content = body === undefined ? undefined : o.type ? (body as BodyInit) : JSON.stringify(body);
  if (o.onSent && content !== undefined) return sendAndTell(method, `${place.api}${path}`, headers, content, o);
  return fetch(`${place.api}${path}`, {
    method,
    headers,
    body: content,
    signal: o.signal,
    cache: 'no-store',
  });
}

/* The token is good, and the login behind it too long ago: another token would not help. */
function isTooOld(answer: Response): boolean {
  return !!answer.headers.get('WWW-Authenticate')?.includes('insufficient_user_authentication');
}

function wantsReason(failed: ApiError, o: CallOptions): boolean {
  return failed.status === 400 && failed.field === 'X-Justification' && !o.why;
}

export async function request(
  method: string,
  path: string,
  body?: unknown,
  o: CallOptions = {},
): Promise<Response> {
  try {
    let answer = await send(method, path, body, o);
    if (answer.status === 401 && !isTooOld(answer)) {
      distrust();
      answer = await send(method, path, body, o);
    }
    if (answer.status === 401) {
      if (isTooOld(answer)) throw await errorOf(answer);
      throw new SessionEnded();
    }
    // Nothing was changed, so nothing that comes after a change may follow.
    if (answer.status === 202) throw new ApiError(202, 'waits for approval');
    if (answer.ok) return answer;
    const failed = await errorOf(answer);
    const why = wantsReason(failed, o) ? await hooks.askWhy() : undefined;
    if (!why) throw failed;
    return await request(method, path, body, { ...o, why });
  } catch (error) {
    if (error instanceof SessionEnded) {
      hooks.sessionEnded();
      throw new ApiError(401, error.message);
    }
    if (error instanceof ApiError || (error as Error).name === 'AbortError') throw error;
    throw new ApiError(0, (error as Error).message);
  }
}

async function parsed<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return parsed<T>(await request('GET', path, undefined, { signal }));
}
export async function put<T = void>(path: string, body?: unknown, o?: CallOptions): Promise<T> {
  return parsed<T>(await request('PUT', path, body, o));
}
export async function remove(path: string, body?: unknown, o?: CallOptions): Promise<void> {
  await request('DELETE', path, body, o);
}
export async function post<T = void>(path: string, body?: unknown, o?: CallOptions): Promise<T> {
  return parsed<T>(await request('POST', path, body, o));
}
/* The id of what was made, from Location. */
export async function create(path: string, body: unknown, o?: CallOptions): Promise<string> {
  const answer = await request('POST', path, body, o);
  return decodeURIComponent(answer.headers.get('Location')?.split('/').pop() ?? '');
}

export function realmPath(realm: string, ...parts: string[]): string {
  return `/realms/${[realm, ...parts].map(encodeURIComponent).join('/')}`;
}

export function queryOf(values: Record<string, string | number | boolean | undefined>): string {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined && value !== '') q.set(key, String(value));
  const text = q.toString();
  return text ? `?${text}` : '';
}
