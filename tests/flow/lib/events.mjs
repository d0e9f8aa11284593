// Server-sent events as they come, by a client that reads as fast or as slowly as a test wants.
import https from 'node:https';
import http from 'node:http';

export class Events {
  // Resolves when the head is there: status, headers; then event by event.
  static open(url, { headers = {}, agent } = {}) {
    const client = url.startsWith('https:') ? https : http;
    return new Promise((resolve, reject) => {
      const req = client.get(url, { headers, family: 4, rejectUnauthorized: false, agent: agent ?? false }, (res) => resolve(new Events(req, res)));
      req.on('error', reject);
    });
  }

  constructor(req, res) {
    Object.assign(this, { req, res, status: res.statusCode, headers: res.headers, heard: [], rest: '', ended: false, waiters: [] });
    res.setEncoding('utf8');
    res.on('data', (text) => this.take(text));
    const end = () => { this.ended = true; this.wake(); };
    res.on('end', end);
    res.on('close', end);
    res.on('error', end);
  }

  wake() { this.waiters.splice(0).forEach((resolve) => resolve()); }

  take(text) {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if (fields.data) this.heard.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
    }
    this.wake();
  }

  // The next event of that kind that was not taken yet; undefined: the stream has ended without one.
  async next(event = 'sample') {
    for (;;) {
      const at = this.heard.findIndex((e) => e.event === event);
      if (at >= 0) return this.heard.splice(at, 1)[0];
      if (this.ended) return undefined;
      await new Promise((resolve) => this.waiters.push(resolve));
    }
  }

  close() { this.req.destroy(); }
}
