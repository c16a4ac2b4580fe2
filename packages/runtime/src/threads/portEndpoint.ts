import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Endpoint } from 'comlink';

type Listener = ((event: { data: unknown }) => void) | { handleEvent(event: { data: unknown }): void };

/** Comlink over a Node MessagePort, whose messages come without an event around them. `posted` runs after each that is sent. */
export function portEndpoint(port: MessagePort, posted: () => void = () => undefined): Endpoint {
  const deliveries = new Map<Listener, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: unknown) => {
      port.postMessage(message, transfer as Transferable[] | undefined);
      posted();
    },
    addEventListener: (_type: string, listener: Listener) => {
      const deliver = (data: unknown): void => {
        if (typeof listener === 'function') listener({ data });
        else listener.handleEvent({ data });
      };
      deliveries.set(listener, deliver);
      port.on('message', deliver);
    },
    removeEventListener: (_type: string, listener: Listener) => {
      const deliver = deliveries.get(listener);
      if (deliver !== undefined) port.off('message', deliver);
      deliveries.delete(listener);
    },
    start: () => port.start(),
  };
}
