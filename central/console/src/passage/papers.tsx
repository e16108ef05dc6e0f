// The papers of a passage: masked until a reason is given, which is recorded.

import { EyeInvisibleOutlined, EyeOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";

import { post } from "../api/client.ts";
import { passagePath } from "../api/queries.ts";
import { useMay } from "../api/site.tsx";
import type { Papers, PassagePage, Revealed } from "../api/types.ts";
import { kilograms } from "../format/quantity.ts";
import { dateAndTime, timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { useKeys } from "../shell/keys.ts";
import { Fact, Part } from "./part.tsx";
import { RevealDialog } from "./reveal-dialog.tsx";

export function PapersPart({ page }: { page: PassagePage }) {
  const text = useText();
  const words = text.passage;
  const may = useMay("reveal_papers");
  const [asking, ask] = useState(false);
  const [revealed, reveal] = useState<(Revealed & { at: string }) | null>(null);
  const papers = revealed?.papers ?? page.papers;
  const toggle = (): void => {
    if (revealed) reveal(null);
    else if (may) ask(true);
  };
  useKeys({ e: toggle });
  return (
    <Part
      title={words.papers}
      beside={
        <Button
          size="small"
          className="no-print push"
          icon={revealed ? <EyeInvisibleOutlined /> : <EyeOutlined />}
          disabled={!may}
          onClick={toggle}
          title={may ? undefined : text.reveal.denied}
        >
          {revealed ? text.reveal.hide : text.reveal.button} <kbd>E</kbd>
        </Button>
      }
    >
      {papers ? <PaperFacts papers={papers} /> : <p className="quiet">{words.noPapers}</p>}
      {revealed && revealed.codes.length > 0 ? (
        <dl className="facts">
          <Fact name={text.reveal.codes}>
            {revealed.codes.map(({ scanner, raw }) => (
              <span className="detail" key={`${scanner} ${raw}`}>
                {text.device.names[scanner] ?? scanner} <code>{raw}</code>
              </span>
            ))}
          </Fact>
        </dl>
      ) : null}
      <p className="revealed tone-doubt" role="status">
        {revealed ? text.reveal.shown(timeOfDay(revealed.at)) : ""}
      </p>
      {asking ? (
        <RevealDialog
          note={text.reveal.note}
          reveal={(reason) => post<Revealed>(`${passagePath(page.passage_id)}/reveal`, { reason })}
          close={() => ask(false)}
          shown={(full) => reveal({ ...full, at: new Date().toISOString() })}
        />
      ) : null}
    </Part>
  );
}

function PaperFacts({ papers }: { papers: Papers }) {
  const text = useText();
  const names = text.paper;
  const { consignee } = papers;
  return (
    <dl className="facts">
      <Fact name={names.number}>
        <b>{papers.number}</b> {papers.courier}
      </Fact>
      <Fact name={names.mode}>{text.modes[papers.mode] ?? papers.mode}</Fact>
      {papers.master_bill ? <Fact name={names.masterBill}>{papers.master_bill}</Fact> : null}
      <Fact name={names.consignee}>{consignee.name || "–"}</Fact>
      <Fact name={names.phone}>{consignee.phone || "–"}</Fact>
      <Fact name={names.idNumber}>{consignee.id_number || "–"}</Fact>
      <Fact name={names.address}>{consignee.address || "–"}</Fact>
      <Fact name={names.destination}>{papers.destination || "–"}</Fact>
      <Fact name={text.passage.declared}>{kilograms(papers.declared_weight_g)} kg</Fact>
      {papers.declarations.map((declaration) => (
        <Fact key={declaration.number} name={names.declaration}>
          {declaration.number}
          <span className="detail">
            {declaration.customs_status === null
              ? ""
              : `${text.customsStatus[declaration.customs_status] ?? declaration.customs_status} · `}
            {dateAndTime(declaration.status_at)}
          </span>
          {declaration.control_instruction ? (
            <span className="detail tone-stop">
              ▲ {names.instruction} {declaration.control_instruction}
            </span>
          ) : null}
        </Fact>
      ))}
    </dl>
  );
}
