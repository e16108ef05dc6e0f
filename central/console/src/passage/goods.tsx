// The goods as declared, line by line.

import type { Goods } from "../api/types.ts";
import { money } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { Part } from "./part.tsx";

export function GoodsPart({ goods }: { goods: readonly Goods[] }) {
  const { passage: words } = useText();
  return (
    <Part title={words.goods}>
      {goods.length === 0 ? (
        <p className="quiet">{words.noGoods}</p>
      ) : (
        <table className="lines">
          <thead>
            <tr>
              <th>{words.goodsName}</th>
              <th>{words.hsCode}</th>
              <th className="number">{words.quantity}</th>
              <th>{words.origin}</th>
              <th className="number">{words.value}</th>
            </tr>
          </thead>
          <tbody>
            {goods.map((line, index) => (
              // lines have no identity of their own, and the list never changes order
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={index}>
                <td>{line.name}</td>
                <td>{line.hs_code || "–"}</td>
                <td className="number">
                  {line.quantity} {line.unit}
                </td>
                <td>{line.origin || "–"}</td>
                <td className="number">{money(line.value, line.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  );
}
