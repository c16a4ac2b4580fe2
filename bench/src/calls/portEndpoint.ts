import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Endpoint } from 'comlink';

type Listener = Parameters<Endpoint['addEventListener']>[1];

/** Comlink over a port of Node, whose messages come without an event around them. The port is closed as a whole. */
export function portEndpoint(port: MessagePort): Endpoint {
  return {
    postMessage: (message: unknown, transfer?: unknown) => port.postMessage(message, transfer as Transferable[] | undefined),
    addEventListener: (_type: string, listener: Listener) => {
      port.on('message', (data: unknown) => {
        const event = { data } as MessageEvent;
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      });
    },
    removeEventListener: () => {},
    start: () => port.start(),
  };
}
