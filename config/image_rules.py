"""What must hold for a site's CT scanners, cameras and image reviews, on top of `config.site_check`."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.rules import Problem, Rule, deciding_eye_mm, keyed_lines
from config.settings import CtDevice, Line, ReviewerName, Site

# From an item's back leaving the tunnel to its front reaching the release cut-off: the scanner's reckoning,
# the volume's way to disk, its review and the lane's command. With less, no item would be released in time.
SHORTEST_IMAGE_MS = 2000
CATEGORIES = ("anomaly", "contraband", "explosive", "pharmaceutical", "prohibited_item", "other")  # of DICOS


def _ct_lines(site: Site) -> Iterator[tuple[str, Line, CtDevice]]:
    for at, line in keyed_lines(site):
        if line.ct is not None:
            yield at, line, line.ct


def _sources(site: Site) -> Iterator[Problem]:
    for at, _, ct in _ct_lines(site):
        if ct.driver == "dicos" and not ct.senders:
            yield Problem(
                f"{at}.ct.senders", "expected at least one sender; from anybody else nothing is accepted"
            )
        if ct.driver == "folder" and not ct.folder:
            yield Problem(f"{at}.ct.folder", "expected the folder into which the scanner puts its files")


def _tunnels(site: Site) -> Iterator[Problem]:
    for at, line, ct in _ct_lines(site):
        if line.scale and ct.position_mm < (scale_mm := line.scale.position_mm + line.scale.length_mm):
            yield Problem(
                f"{at}.ct.position_mm",
                f"expected at or after the scale's end at {scale_mm} mm, since an image is compared "
                f"with the weight; found {ct.position_mm} mm",
            )
        if (eye_mm := deciding_eye_mm(line)) is None:
            continue
        latest_mm = eye_mm - line.belt.longest_item_mm
        if ct.end_mm > latest_mm:
            yield Problem(
                f"{at}.ct",
                f"expected to end at or before {latest_mm} mm, so that the longest item has left it "
                f"when its front reaches the deciding eye at {eye_mm} mm; ends at {ct.end_mm} mm",
            )


def _time_for_images(site: Site) -> Iterator[Problem]:
    for at, line, ct in _ct_lines(site):
        left_mm = line.belt.release_cutoff_mm - ct.end_mm - line.belt.longest_item_mm
        left_ms = left_mm * 1000 // line.belt.speed_mm_s
        if left_ms < SHORTEST_IMAGE_MS:
            yield Problem(
                f"{at}.belt.release_cutoff_mm",
                f"expected at least {SHORTEST_IMAGE_MS} ms after the longest item has left the CT tunnel, "
                f"for its image and the review; found {left_ms} ms",
            )


def _cameras(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        eye_mm = deciding_eye_mm(line)
        for index, camera in enumerate(line.cameras):
            key = f"{at}.cameras[{index}]"
            if eye_mm is not None and camera.position_mm >= eye_mm:
                yield Problem(
                    f"{key}.position_mm",
                    f"expected before the deciding eye at {eye_mm} mm, found {camera.position_mm} mm",
                )
            if expectation := _wrong_with(camera.url):
                yield Problem(f"{key}.url", expectation)
            if camera.password_file and not camera.username:
                yield Problem(f"{key}.username", "expected one, since there is a password_file")


def _wrong_with(url: str) -> str:
    """What is expected of a camera's address; never the address itself, which may hold a password."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme == "rtsp" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "expected an address rtsp://HOST:PORT/PATH"
    if not whole:
        return "expected an address rtsp://HOST:PORT/PATH"
    if "@" in parts.netloc:
        return "expected an address without a user or password; they belong in username and password_file"
    return ""


def _reviews(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        review = line.review
        if line.ct is not None and not review.reviewers:
            yield Problem(f"{at}.review.reviewers", "expected at least one, since the line has a CT scanner")
        if ReviewerName.ONNX not in review.reviewers:
            continue
        if review.model and not review.model_sha256:
            yield Problem(
                f"{at}.review.model_sha256", "expected the model's SHA-256, by which it is recognised"
            )
        if review.model_sha256 and not review.model:
            yield Problem(f"{at}.review.model", "expected the file to which model_sha256 belongs")
        if not review.model and ReviewerName.CLASSICAL not in review.reviewers:
            yield Problem(
                f"{at}.review.reviewers",
                "expected classical beside onnx: the model shipped is a stand-in that knows few things",
            )


def _categories(site: Site) -> Iterator[Problem]:
    for at, line in keyed_lines(site):
        for index, word in enumerate(line.policy.officer_may_clear):
            if word not in CATEGORIES:
                yield Problem(
                    f"{at}.policy.officer_may_clear[{index}]",
                    f"expected one of {', '.join(CATEGORIES)}, found {word[:32]}",
                )


IMAGE_RULES = (
    Rule("A CT scanner's volumes come from somebody who is known", _sources),
    Rule("The CT tunnel lies between the scale and the deciding eye", _tunnels),
    Rule("There is time for an image and its review before the release cut-off", _time_for_images),
    Rule(
        "Cameras look at the belt before the deciding eye, and keep their passwords to themselves", _cameras
    ),
    Rule("Images have a reviewer, and a model is known by its hash", _reviews),
    Rule("What one officer may clear is said in DICOS' words", _categories),
)
