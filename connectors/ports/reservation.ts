export interface TicketingRequest {
  orderId: string;
  passengers: readonly { passengerId: string; type: string; givenName: string; familyName: string }[];
  segments: readonly { flightNumber: string; departureDate: string; bookingClass: string; passengerIds: readonly string[] }[];
  /** 3 digits. */
  airlineAccountingCode: string;
}

export type TicketingOutcome =
  | { kind: 'ticketed'; bookingReference: string; tickets: readonly { passengerId: string; ticketNumber: string }[] }
  | { kind: 'rejected'; code: string; detail: string };

/** A passenger service system. Idempotent by order id; throws TransientFault where the answer is not known. */
export interface ReservationPort {
  ticket(request: TicketingRequest): Promise<TicketingOutcome>;
  /** Voids tickets and booking of the order. Where there is none, a late `ticket` for the order is refused from now on. */
  cancel(orderId: string): Promise<{ kind: 'cancelled' } | { kind: 'nothing' }>;
}
