export interface PaymentMethod {
  /** What an order states in payment.method. */
  id: string;
  name: string;
  family: 'card' | 'wallet';
}

/** Ways to pay; each arrives as a token of the payment processor. */
export const PAYMENT_METHODS: readonly PaymentMethod[] = [
  { id: 'card', name: 'Credit or debit card', family: 'card' },
  { id: 'apple_pay', name: 'Apple Pay', family: 'wallet' },
  { id: 'google_pay', name: 'Google Pay', family: 'wallet' },
];
