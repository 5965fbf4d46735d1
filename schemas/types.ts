// Generated from schemas/orders/*.avsc by `npm run generate`. Do not edit.

/** The order as it stands after an event: the full snapshot every event carries. Money is a count of minor units of an ISO 4217 currency. Personal data appears only sealed. */
export interface Order {
  orderId: string;
  channel: Channel;
  /** When the command was accepted, ms since the epoch, UTC. */
  placedAt: number;
  /** ISO 4217 code the order is priced and paid in. */
  currency: string;
  customer: Customer;
  passengers: Passenger[];
  items: OrderItem[];
  expectedTotal: null | Money;
  total: null | Money;
  payment: Payment;
  fraud: null | FraudAssessment;
  /** The seats of all flight items, held, sold or given back together. Identified by the order id. */
  hold: null | InventoryHold;
  /** PNR record locator, 6 characters. */
  bookingReference: null | string;
  tickets: Ticket[];
  notifications: Notification[];
  /** Everything found wrong with an Invalid order. */
  faults: Fault[];
  /** Why the order ended, or is ending, without fulfilment. */
  closure: null | Closure;
  /** Keyed hash of the device identifier, for velocity. */
  deviceHash: null | string;
  /** How many interrupts (cancel, authentication, timer) this order's events descend from; part of the changelog key, so that compaction never drops a newer snapshot. */
  interrupts: number;
}

export type Channel = 'web' | 'mobile' | 'voice' | 'agent' | 'corporate' | 'partner';

export interface Customer {
  customerId: string;
  /** Sealed JSON {email, phone}. */
  contact: string;
  /** Keyed hash of the normalised address: for velocity and search, not reversible. */
  emailHash: null | string;
  locale: string;
}

export interface Passenger {
  passengerId: string;
  /** IATA passenger type code. */
  type: PassengerType;
  /** Sealed JSON {givenName, familyName, dateOfBirth, document?}. */
  identity: string;
}

export type PassengerType = 'ADT' | 'CHD' | 'INF';

export interface OrderItem {
  itemId: string;
  type: ItemType;
  flightNumber: null | string;
  /** YYYY-MM-DD at the airport of departure. */
  departureDate: null | string;
  /** One letter; flights only. */
  bookingClass: null | string;
  /** Ancillary code, e.g. BAG1. */
  code: null | string;
  passengerIds: string[];
  /** Price of the item for all its passengers, minor units of the order's currency; null until priced. */
  amount: null | number;
}

export type ItemType = 'flight' | 'ancillary';

export interface Money {
  /** Minor units. */
  amount: number;
  /** ISO 4217. */
  currency: string;
}

export interface Payment {
  method: string;
  /** The payment processor's token for the instrument; never a card number. */
  token: string;
  status: PaymentStatus;
  processor: null | string;
  authorizationId: null | string;
  captureId: null | string;
  /** Of the void or refund. */
  reversalId: null | string;
  /** Where the payer authenticates (3-D Secure). */
  challengeUrl: null | string;
  declineCode: null | string;
}

export type PaymentStatus = 'none' | 'challenged' | 'authorised' | 'captured' | 'declined' | 'voided' | 'refunded';

export interface FraudAssessment {
  /** 0 to 1. */
  score: number;
  band: FraudBand;
  reasons: string[];
  /** Dimension:keyed-hash pairs this order was counted under. */
  velocityKeys: string[];
  scoredAt: number;
}

export type FraudBand = 'pass' | 'review' | 'decline';

export interface InventoryHold {
  state: HoldState;
  expiresAt: number;
}

export type HoldState = 'held' | 'sold' | 'released';

export interface Ticket {
  passengerId: string;
  /** 13 digits: airline accounting code, form code and serial; without the check digit. */
  ticketNumber: string;
  /** Unweighted modulus 7 under the configured scheme. */
  checkDigit: number;
}

export interface Notification {
  /** email, sms or push. */
  channel: string;
  template: string;
  messageId: string;
}

export interface Fault {
  code: string;
  /** JSON Pointer (RFC 6901) into the placed order. */
  pointer: string;
  detail: string;
}

export interface Closure {
  /** Machine-readable, e.g. customer_request, fraud_declined, hold_expired, sold_out, payment_declined, ticketing_failed. */
  reason: string;
  detail: string;
}

/** What an operator did to a dead letter. Each entry names the hash of the one before, so none can be changed or left out unseen. */
export interface AuditEntry {
  /** 1 for the first entry, then one more each. */
  sequence: number;
  at: number;
  /** User of the operating system, or the name given with --as. */
  actor: string;
  /** replayed, edited or discarded. */
  action: string;
  /** The dead letter, <node>/<partition>/<offset>. */
  subject: string;
  orderId: null | string;
  reason: string;
  /** Topic that got the record; empty for a discarded one. */
  destination: string;
  /** SHA-256 of the letter's value, hex. */
  beforeHash: string;
  /** SHA-256 of the value that was published, hex; empty for a discarded letter. */
  afterHash: string;
  /** Hash of the entry before; zeros for the first. */
  previousHash: string;
  /** SHA-256 over all other fields, hex. */
  hash: string;
}

/** The order is to be cancelled; order.closure says why. */
export interface CancelRequested {
  type: 'CancelRequested';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The payment processor refused to capture the authorised amount. */
export interface CaptureFailed {
  type: 'CaptureFailed';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The hold has become a sale. */
export interface InventoryConfirmed {
  type: 'InventoryConfirmed';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** All seats are held softly until order.hold.expiresAt. */
export interface InventoryHeld {
  type: 'InventoryHeld';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** Seats could not be held, or a hold had lapsed before it became a sale. */
export interface InventoryUnavailable {
  type: 'InventoryUnavailable';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The order ended with no money taken. */
export interface OrderCancelled {
  type: 'OrderCancelled';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** What a channel asks for. Exactly the payload that `kind` names is present. */
export interface OrderCommand {
  /** Unique to the command; a repeat of it changes nothing. */
  commandId: string;
  orderId: string;
  kind: CommandKind;
  issuedAt: number;
  /** The order as asked for: unpriced, no payment taken, personal data sealed. */
  place: null | Order;
  cancel: null | CancelOrder;
  authenticate: null | AuthenticatePayment;
}

export type CommandKind = 'place' | 'cancel' | 'authenticate';

export interface CancelOrder {
  reason: string;
}

export interface AuthenticatePayment {
  result: ChallengeResult;
}

export type ChallengeResult = 'authenticated' | 'failed';

/** The authorised amount is captured. */
export interface OrderConfirmed {
  type: 'OrderConfirmed';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** Documents and messages are handed over for delivery. */
export interface OrderFulfilled {
  type: 'OrderFulfilled';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The order cannot be processed; order.faults lists every reason. */
export interface OrderInvalid {
  type: 'OrderInvalid';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** An order was accepted for processing. */
export interface OrderReceived {
  type: 'OrderReceived';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The money is back with the payer. */
export interface OrderRefunded {
  type: 'OrderRefunded';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The fraud score is below the threshold. */
export interface OrderScored {
  type: 'OrderScored';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The order is complete, sellable and priced. */
export interface OrderValidated {
  type: 'OrderValidated';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The total is authorised, not yet captured. */
export interface PaymentApproved {
  type: 'PaymentApproved';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The payer must authenticate at order.payment.challengeUrl. */
export interface PaymentChallenged {
  type: 'PaymentChallenged';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The payment was declined; order.payment.declineCode says why. */
export interface PaymentFailed {
  type: 'PaymentFailed';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** Seats are released; the payment is to be voided or refunded. */
export interface RefundRequested {
  type: 'RefundRequested';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The booking reference and the e-tickets exist. */
export interface TicketIssued {
  type: 'TicketIssued';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** The reservation system refused to ticket. */
export interface TicketingFailed {
  type: 'TicketingFailed';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

/** A timer armed for an order came due. */
export interface TimerFired {
  /** Derived from order, kind and due time; firing twice gives the same id. */
  timerId: string;
  orderId: string;
  kind: TimerKind;
  dueAt: number;
}

export type TimerKind = 'hold_expiry';

/** Seats are released; any payment attempt is to be reversed, then the order is cancelled. */
export interface VoidRequested {
  type: 'VoidRequested';
  /** UUIDv5 of cause, node and position; the same on every replay. */
  eventId: string;
  orderId: string;
  /** 1 for the first event of an order, then one more each. */
  version: number;
  /** Order status after this event. */
  status: string;
  occurredAt: number;
  /** Id of the command, event or timer that caused this event. */
  causationId: string;
  order: Order;
}

export const EVENT_TYPES = [
  'CancelRequested',
  'CaptureFailed',
  'InventoryConfirmed',
  'InventoryHeld',
  'InventoryUnavailable',
  'OrderCancelled',
  'OrderConfirmed',
  'OrderFulfilled',
  'OrderInvalid',
  'OrderReceived',
  'OrderRefunded',
  'OrderScored',
  'OrderValidated',
  'PaymentApproved',
  'PaymentChallenged',
  'PaymentFailed',
  'RefundRequested',
  'TicketIssued',
  'TicketingFailed',
  'VoidRequested',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export interface OrderEvents {
  CancelRequested: CancelRequested;
  CaptureFailed: CaptureFailed;
  InventoryConfirmed: InventoryConfirmed;
  InventoryHeld: InventoryHeld;
  InventoryUnavailable: InventoryUnavailable;
  OrderCancelled: OrderCancelled;
  OrderConfirmed: OrderConfirmed;
  OrderFulfilled: OrderFulfilled;
  OrderInvalid: OrderInvalid;
  OrderReceived: OrderReceived;
  OrderRefunded: OrderRefunded;
  OrderScored: OrderScored;
  OrderValidated: OrderValidated;
  PaymentApproved: PaymentApproved;
  PaymentChallenged: PaymentChallenged;
  PaymentFailed: PaymentFailed;
  RefundRequested: RefundRequested;
  TicketIssued: TicketIssued;
  TicketingFailed: TicketingFailed;
  VoidRequested: VoidRequested;
}

export type OrderEvent<Type extends EventType> = OrderEvents[Type];

export type AnyOrderEvent = OrderEvents[EventType];
