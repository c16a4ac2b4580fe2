/** What people call a message: its `type` where it has one, else its JavaScript type. */
export function messageType(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string')
    return message.type;
  return message === null ? 'null' : typeof message;
}
