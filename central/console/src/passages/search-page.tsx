// Finding passages: filters that stand in the URL, and the rows they leave, newest first.

import { Button, Checkbox, Input, Select } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { queries, usePassages } from "../api/queries.ts";
import { useMay, useSite } from "../api/site.tsx";
import type { PassageSearch } from "../api/types.ts";
import { count } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { Empty, Failed, Reading } from "../marks/states.tsx";
import { ANY, filtersOf, reasonsToChoose, requestOf, ROLES, searchOf, type Filters } from "./filters.ts";
import { PassageTable } from "./passage-table.tsx";

export default function SearchPage() {
  const [search, setSearch] = useSearchParams();
  const [waybill, setWaybill] = useState("");
  const filters = filtersOf(search);
  const filter = (next: Filters): void => setSearch(searchOf(next));
  return (
    <div className="search-page">
      <FilterBar filters={filters} waybill={waybill} filter={filter} setWaybill={setWaybill} />
      <Found request={requestOf(filters, waybill)} />
    </div>
  );
}

interface BarProps {
  filters: Filters;
  waybill: string;
  filter: (next: Filters) => void;
  setWaybill: (number: string) => void;
}

function FilterBar({ filters, waybill, filter, setWaybill }: BarProps) {
  const text = useText();
  const words = text.search;
  const { lines } = useSite();
  const seesTargeting = useMay("see_targeting");
  const [typed, type] = useState(waybill);
  const any = { value: "" as const, label: words.any };
  return (
    <form
      className="filters panel"
      onSubmit={(event) => {
        event.preventDefault();
        setWaybill(typed);
        void queries.invalidateQueries({ queryKey: ["passages"] });
      }}
    >
      <label>
        {words.waybill}
        <Input
          value={typed}
          onChange={(event) => type(event.target.value)}
          placeholder={words.waybillHint}
          autoComplete="off"
          spellCheck={false}
          maxLength={60}
          allowClear
          onClear={() => setWaybill("")}
          className="filter-waybill"
        />
      </label>
      {lines.length > 1 ? (
        <label>
          {words.line}
          <Select
            value={filters.line}
            onChange={(line) => filter({ ...filters, line })}
            popupMatchSelectWidth={false}
            options={[any, ...lines.map(({ id, name }) => ({ value: id, label: name }))]}
          />
        </label>
      ) : null}
      <label>
        {words.role}
        <Select
          value={filters.role}
          onChange={(role) => filter({ ...filters, role })}
          popupMatchSelectWidth={false}
          options={[any, ...ROLES.map((role) => ({ value: role, label: text.role[role].word }))]}
        />
      </label>
      <label>
        {words.reason}
        <Select
          value={filters.reason}
          onChange={(reason) => filter({ ...filters, reason })}
          popupMatchSelectWidth={false}
          className="filter-reason"
          options={[
            any,
            ...reasonsToChoose(seesTargeting).map((reason) => ({ value: reason, label: text.reasons[reason].word })),
          ]}
        />
      </label>
      <Checkbox checked={filters.open} onChange={(event) => filter({ ...filters, open: event.target.checked })}>
        {words.open}
      </Checkbox>
      <span className="filter-acts">
        <Button type="primary" htmlType="submit">
          {words.submit}
        </Button>
        <Button
          onClick={() => {
            type("");
            setWaybill("");
            filter(ANY);
          }}
        >
          {words.clear}
        </Button>
      </span>
    </form>
  );
}

function Found({ request }: { request: PassageSearch }) {
  const text = useText();
  const words = text.search;
  const found = usePassages(request);
  if (found.isPending) return <Reading what={words.what} />;
  if (found.isError) return <Failed what={words.what} error={found.error} retry={() => void found.refetch()} />;
  const rows = found.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <Empty note={words.noneHint}>{words.none}</Empty>;
  return (
    <section className="panel found">
      <PassageTable rows={rows} caption={words.title} dated />
      <p className="found-more">
        <span className="quiet">{words.found(count(rows.length))}</span>
        {found.hasNextPage ? (
          <Button onClick={() => void found.fetchNextPage()} disabled={found.isFetchingNextPage}>
            {found.isFetchingNextPage ? words.loadingMore : words.more}
          </Button>
        ) : (
          <span className="quiet">{words.end}</span>
        )}
      </p>
    </section>
  );
}
