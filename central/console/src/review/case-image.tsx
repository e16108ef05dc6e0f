// The middle of the review: the image where it is here, else what is missing, why, and what one can do.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";

import { ApiError, post } from "../api/client.ts";
import { keys, passagePath } from "../api/queries.ts";
import type { Finding, PassageImage } from "../api/image-types.ts";
import { useText } from "../i18n/text.ts";
import { Contained } from "../marks/states.tsx";
import { useKeys } from "../shell/keys.ts";
import { Stage } from "./stage/stage.tsx";
import type { View } from "./stage/use-view.ts";
import { hasWebGl2, useVolume } from "./use-volume.ts";
import type { Shape } from "./volume/planes.ts";
import type { Look } from "./volume/seen.ts";

export const NO_FINDINGS: readonly Finding[] = [];

interface Props {
  passage_id: string;
  image: PassageImage;
  shape: Shape | null; // known once the image is here
  view: View;
  looked: (look: Look) => void;
}

export function CaseImage({ passage_id, image, shape, view, looked }: Props) {
  const text = useText();
  const drawsHere = hasWebGl2();
  const volume = useVolume(passage_id, drawsHere && image.state === "here" && shape !== null);
  if (image.state !== "here" || shape === null) return <NotHere passage_id={passage_id} image={image} />;
  if (drawsHere && volume.isPending)
    return (
      <div className="stage stage-empty" role="status">
        <p>{text.review.imageReading}</p>
      </div>
    );
  return (
    <Contained sentence={text.states.crashed}>
      <Stage
        passage_id={passage_id}
        volume={volume.data ?? null}
        shape={shape}
        findings={image.review?.findings ?? NO_FINDINGS}
        view={view}
        looked={looked}
      />
    </Contained>
  );
}

/** Keeps the image's place, so that nothing moves when it arrives. */
function NotHere({ passage_id, image }: { passage_id: string; image: PassageImage }) {
  const text = useText();
  const { review: words } = text;
  const client = useQueryClient();
  const fetching = useMutation({
    mutationFn: () => post<PassageImage>(`${passagePath(passage_id)}/image/fetch`),
    onSuccess: (now) => client.setQueryData(keys.image(passage_id), now),
  });
  const canFetch = image.state === "at_edge" && !fetching.isPending;
  const fetch = (): void => (canFetch ? fetching.mutate() : undefined);
  useKeys({ g: fetch });
  const error = fetching.error instanceof ApiError ? fetching.error : null;
  const state = image.state === "here" ? "unreadable" : image.state;
  return (
    <div className="stage stage-empty" role="status">
      <p>
        <b>{words.imageStates[state].title}</b>
      </p>
      <p className="quiet">{words.imageStates[state].note}</p>
      {image.problem ? <p className="quiet">{image.problem}</p> : null}
      {image.state === "at_edge" ? (
        <Button onClick={fetch} disabled={!canFetch}>
          <kbd>G</kbd> {fetching.isPending ? words.fetchAsking : words.fetch}
        </Button>
      ) : null}
      <p className="tone-doubt stage-error" role="alert">
        {error ? (error.why === "line_away" ? words.fetchLineAway : text.failure[error.kind]) : ""}
        {fetching.isSuccess && image.state === "at_edge" ? words.fetchNothing : ""}
      </p>
    </div>
  );
}
