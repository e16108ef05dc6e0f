// Proof: where the passage's record stands in the line's hash chain, and the policy its verdict used.

import type { ChainLink, PassagePage } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { Fact, Part } from "./part.tsx";

export function Chain({ page }: { page: PassagePage }) {
  const { passage: words } = useText();
  const { decided, closed } = page.chain;
  const links: [string, ChainLink][] = [];
  if (decided) links.push([words.chainDecided, decided]);
  if (closed) links.push([words.chainClosed, closed]);
  return (
    <Part title={words.chain}>
      {links.length > 0 ? (
        <dl className="facts">
          {links.map(([name, link]) => (
            <Fact key={name} name={name}>
              <code>{link.hash}</code>
              <span className="detail">{words.chainLink(count(link.sequence))}</span>
            </Fact>
          ))}
          {page.policy ? (
            <Fact name={words.policy}>
              <code>{page.policy}</code>
            </Fact>
          ) : null}
        </dl>
      ) : (
        <p className="quiet">{words.noChain}</p>
      )}
    </Part>
  );
}
