const CAPITALS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    argentina: "Buenos Aires",
    australia: "Canberra",
    austria: "Vienna",
    belgium: "Brussels",
    brazil: "Brasília",
    canada: "Ottawa",
    chile: "Santiago",
    china: "Beijing",
    colombia: "Bogotá",
    denmark: "Copenhagen",
    egypt: "Cairo",
    ethiopia: "Addis Ababa",
    finland: "Helsinki",
    france: "Paris",
    germany: "Berlin",
    ghana: "Accra",
    greece: "Athens",
    hungary: "Budapest",
    iceland: "Reykjavík",
    india: "New Delhi",
    indonesia: "Jakarta",
    ireland: "Dublin",
    italy: "Rome",
    japan: "Tokyo",
    kenya: "Nairobi",
    mexico: "Mexico City",
    morocco: "Rabat",
    netherlands: "Amsterdam",
    "new zealand": "Wellington",
    nigeria: "Abuja",
    norway: "Oslo",
    pakistan: "Islamabad",
    peru: "Lima",
    poland: "Warsaw",
    portugal: "Lisbon",
    romania: "Bucharest",
    "south korea": "Seoul",
    spain: "Madrid",
    sweden: "Stockholm",
    switzerland: "Bern",
    thailand: "Bangkok",
    turkey: "Ankara",
    ukraine: "Kyiv",
    "united kingdom": "London",
    "united states": "Washington, D.C.",
    vietnam: "Hanoi",
  }),
);

/** The capital a text asks for, or undefined where it asks for none or for one not known here. */
export function answerCapital(text: string): string | undefined {
  const country = /\bcapital of (?:the )?([a-z]+(?: [a-z]+)?)/i
    .exec(text.slice(0, 4_096))?.[1]
    ?.toLowerCase();
  if (country === undefined) return undefined;
  const capital = CAPITALS.get(country) ?? CAPITALS.get(country.split(" ")[0] ?? "");
  return capital === undefined ? undefined : `${capital.replace(/\.$/, "")}.`;
}
