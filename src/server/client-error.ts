import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from '../common/errors/error-body.js';
import type { ErrorCode } from '../common/errors/error-codes.js';
import { newId } from '../common/ids/id.js';
import { refuseConnection } from '../common/request-end.js';

/** Node's default; a request line and headers beyond it are a 431. */
export const MAX_HEADER_BYTES = 16_384;

const FAULTS: Partial<Record<string, { status: string; code: ErrorCode; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    code: 'headers_too_large',
    message: `The request line and headers are larger than the limit of ${MAX_HEADER_BYTES} bytes.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    code: 'request_timeout',
    message: 'The request did not arrive completely in time.',
  },
};

const MALFORMED = {
  status: '400 Bad Request',
  code: 'request_malformed',
  message: 'The request is not valid HTTP.',
} as const;

/** The connections on which a file arrives. */
const sendingFiles = new WeakSet<Socket>();

/** The time limit of a request does not hold for this one, whose body is a file. */
export function allowSlowFile(request: IncomingMessage): void {
  sendingFiles.add(request.socket);
  request.once('close', () => sendingFiles.delete(request.socket));
}

/** Answers what Node's HTTP parser refused, which no route ever sees, in the shape of every other error. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Node tells this once for each request, and goes on reading if nobody ends the connection.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && sendingFiles.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, message } = FAULTS[error.code ?? ''] ?? MALFORMED;
  const requestId = newId('req');
  const number = Number(status.slice(0, 3));
  refuseConnection(socket, number);
  const body = JSON.stringify(errorBody(number, { code, message }, requestId));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
}
