/** A routing rule cannot be used. The message names the rule. */
export class RoutingRuleError extends Error {
  readonly code = 'ROUTING_RULE';
  /** Which rule, from 1; 0: the list itself. */
  readonly rule: number;

  constructor(rule: number, text: string) {
    super(text);
    this.name = 'RoutingRuleError';
    this.rule = rule;
  }
}
