export interface Airport {
  /** IATA location code. */
  code: string;
  city: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** IANA time zone. */
  zone: string;
  /** Degrees, north and east positive. */
  latitude: number;
  longitude: number;
}

const TABLE = `
LHR London       GB Europe/London         51.47    -0.45
EDI Edinburgh    GB Europe/London         55.95    -3.37
DUB Dublin       IE Europe/Dublin         53.42    -6.27
CDG Paris        FR Europe/Paris          49.01     2.55
AMS Amsterdam    NL Europe/Amsterdam      52.31     4.76
BRU Brussels     BE Europe/Brussels       50.90     4.48
FRA Frankfurt    DE Europe/Berlin         50.03     8.57
MUC Munich       DE Europe/Berlin         48.35    11.79
ZRH Zurich       CH Europe/Zurich         47.46     8.55
VIE Vienna       AT Europe/Vienna         48.11    16.57
MAD Madrid       ES Europe/Madrid         40.47    -3.56
BCN Barcelona    ES Europe/Madrid         41.30     2.08
LIS Lisbon       PT Europe/Lisbon         38.78    -9.14
FCO Rome         IT Europe/Rome           41.80    12.25
MXP Milan        IT Europe/Rome           45.63     8.72
ATH Athens       GR Europe/Athens         37.94    23.94
IST Istanbul     TR Europe/Istanbul       41.28    28.75
CPH Copenhagen   DK Europe/Copenhagen     55.62    12.66
ARN Stockholm    SE Europe/Stockholm      59.65    17.92
OSL Oslo         NO Europe/Oslo           60.19    11.10
HEL Helsinki     FI Europe/Helsinki       60.32    24.96
WAW Warsaw       PL Europe/Warsaw         52.17    20.97
PRG Prague       CZ Europe/Prague         50.10    14.26
JFK New_York     US America/New_York      40.64   -73.78
BOS Boston       US America/New_York      42.36   -71.01
MIA Miami        US America/New_York      25.79   -80.29
ORD Chicago      US America/Chicago       41.98   -87.90
LAX Los_Angeles  US America/Los_Angeles   33.94  -118.41
SFO San_Francisco US America/Los_Angeles  37.62  -122.38
YYZ Toronto      CA America/Toronto       43.68   -79.63
MEX Mexico_City  MX America/Mexico_City   19.44   -99.07
GRU Sao_Paulo    BR America/Sao_Paulo    -23.43   -46.47
EZE Buenos_Aires AR America/Argentina/Buenos_Aires -34.82 -58.54
DXB Dubai        AE Asia/Dubai            25.25    55.36
DOH Doha         QA Asia/Qatar            25.27    51.61
KWI Kuwait       KW Asia/Kuwait           29.23    47.97
DEL Delhi        IN Asia/Kolkata          28.57    77.10
BOM Mumbai       IN Asia/Kolkata          19.09    72.87
SIN Singapore    SG Asia/Singapore         1.36   103.99
BKK Bangkok      TH Asia/Bangkok          13.69   100.75
HKG Hong_Kong    HK Asia/Hong_Kong        22.31   113.92
HND Tokyo        JP Asia/Tokyo            35.55   139.78
ICN Seoul        KR Asia/Seoul            37.46   126.44
SYD Sydney       AU Australia/Sydney     -33.95   151.18
JNB Johannesburg ZA Africa/Johannesburg  -26.14    28.25
NBO Nairobi      KE Africa/Nairobi        -1.32    36.93
CAI Cairo        EG Africa/Cairo          30.12    31.41
`;

/** Airports the demo airline flies to, by code. */
export const AIRPORTS: ReadonlyMap<string, Airport> = new Map(
  TABLE.trim()
    .split('\n')
    .map((row) => {
      const [code, city, country, zone, latitude, longitude] = row.split(/\s+/) as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      return [
        code,
        {
          code,
          city: city.replaceAll('_', ' '),
          country,
          zone,
          latitude: Number(latitude),
          longitude: Number(longitude),
        },
      ];
    }),
);

export function airport(code: string): Airport {
  const found = AIRPORTS.get(code);
  if (!found) throw new Error(`the demo airline knows no airport ${code}`);
  return found;
}

const EARTH_RADIUS_KM = 6371;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great circle distance, km. */
export function distanceKm(from: Airport, to: Airport): number {
  const [a, b] = [radians(from.latitude), radians(to.latitude)];
  const half = (difference: number): number => Math.sin(difference / 2) ** 2;
  const chord = half(b - a) + Math.cos(a) * Math.cos(b) * half(radians(to.longitude - from.longitude));
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord));
}
