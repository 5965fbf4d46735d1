/** The body of POST /orders, as far as the generator fills it. */
export interface OrderRequest {
  channel: 'web' | 'mobile' | 'voice' | 'agent' | 'corporate' | 'partner';
  customer: { customerId: string; email: string; phone: string; locale: string };
  passengers: PassengerRequest[];
  items: ItemRequest[];
  currency: string;
  /** Minor units. */
  expectedTotal?: { amount: number; currency: string };
  payment: { method: string; token: string };
  deviceId?: string;
}

export interface PassengerRequest {
  passengerId: string;
  type: 'ADT' | 'CHD' | 'INF';
  givenName: string;
  familyName: string;
  /** YYYY-MM-DD */
  dateOfBirth: string;
}

export type ItemRequest =
  | { type: 'flight'; flightNumber: string; departureDate: string; bookingClass: string; passengerIds: string[] }
  | { type: 'ancillary'; code: string; flightNumber?: string; departureDate?: string; passengerIds: string[] };
