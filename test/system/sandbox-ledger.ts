/** What the sandbox's companies hold of one order. */
export class SandboxLedger {
  readonly #url: string;
  constructor(url: string) {
    this.#url = url;
  }

  /** Kinds of the payment ledger's entries of the order, in order, with their amounts. */
  async payments(orderId: string): Promise<{ kind: string; amount: number }[]> {
    const entries: { seq: number; orderId: string; kind: string; amount: number }[] = [];
    for (let after = 0; ; ) {
      const page = (await (await fetch(`${this.#url}/ledger?after=${after}&limit=1000`)).json()) as { entries: typeof entries };
      if (page.entries.length === 0) break;
      entries.push(...page.entries.filter((entry) => entry.orderId === orderId));
      after = page.entries.at(-1)?.seq ?? after;
    }
    return entries.map(({ kind, amount }) => ({ kind, amount }));
  }

  async kinds(orderId: string): Promise<string[]> {
    return (await this.payments(orderId)).map(({ kind }) => kind);
  }

  async messages(orderId: string): Promise<{ template: string; channel: string }[]> {
    const answer = (await (await fetch(`${this.#url}/messages?orderId=${orderId}`)).json()) as { messages: { template: string; channel: string }[] };
    return answer.messages;
  }
}
