/** Business settings: declared in topology/runtime/config.ts, read from the environment and an optional yaml file. */
export interface Settings {
  maxConcurrentOrders: number;
  orderTimeoutMs: number;
  /** Tries in place before a step goes to its node's retry topic. */
  stepRetries: number;
  sinkBatch: number;
  paymentTimeoutMs: number;
  /** Orders scored at or above it are declined, 0..1. */
  fraudThreshold: number;
  /** Orders scored at or above it, and below the threshold, are marked for review. */
  fraudReviewThreshold: number;
  /** Payment tokens refused outright. */
  blockedTokens: readonly string[];
  /** ISO 4217 codes sold in. */
  currencies: readonly string[];
  refundWindowDays: number;
  holdMs: number;
  inventorySyncMs: number;
  allocation: 'first_come_first_served';
  overbookingFactor: number;
  notificationChannels: readonly ('email' | 'sms' | 'push')[];
  notificationRetries: number;
  /** IATA airline accounting code, 3 digits. */
  airlineAccountingCode: string;
  ticketCheckDigitScheme: 'document10' | 'airline_document13';
}
