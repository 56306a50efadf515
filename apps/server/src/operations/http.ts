import type { RequestListener, ServerResponse } from 'node:http';
import { networks } from '../network/networks.ts';
import type { Metrics } from './metrics.ts';

export interface OperationsPages {
  readonly metrics: Metrics;
  /** Networks that may read /metrics, as CIDRs or addresses. */
  readonly metricsAllow: readonly string[];
  /** Why the server is not well; undefined where it is. */
  readonly health: () => string | undefined;
}

/** What is served beside WebSockets on the HTTP and HTTPS ports: /healthz for everybody, /metrics for who may read it. */
export const operationsPages = ({ metrics, metricsAllow, health }: OperationsPages): RequestListener => {
  const mayRead = networks(metricsAllow);
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      answer(response, 405, 'only GET and HEAD are served here');
    else if (path === '/healthz') {
      const why = health();
      answer(response, why === undefined ? 200 : 503, why ?? 'ok');
    } else if (path !== '/metrics')
      answer(response, 404, 'nothing is here but /healthz and /metrics; SIP speaks WebSocket here');
    else if (!mayRead(request.socket.remoteAddress ?? ''))
      answer(response, 403, 'metrics are read from networks that metrics.allow names');
    else
      metrics.text().then(
        (text) => answer(response, 200, text, metrics.contentType),
        () => answer(response, 500, 'the metrics could not be read'),
      );
  };
};

const answer = (
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void => {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${text.trimEnd()}\n`);
};
