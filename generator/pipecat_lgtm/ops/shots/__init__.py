"""Pictures of the dashboards in a running Grafana, with every error that a page shows, and every link clicked.

It drives Chromium through Playwright, which is an extra (`pipecat-lgtm[shots]`): nothing else here needs a browser.
"""

import time

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops.shots.links import click_all
from pipecat_lgtm.ops.shots.pictures import picture
from pipecat_lgtm.ops.shots.plan import SIZES, THEMES, Found, Shoot, Watch
from pipecat_lgtm.ops.shots.window import browser_of, opened

__all__ = ["SIZES", "THEMES", "Found", "Shoot", "shoot"]


def shoot(plan: Shoot, watch: Watch) -> Found:
    """Take every picture, click every link once, and return what was seen.

    Raises:
        CheckFailed: Grafana does not answer, or there is no browser to look with.
        OutputError: a picture cannot be written.
    """
    began = time.monotonic()
    _answers(plan)
    found = Found()
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.out}: {error.strerror}", "choose a folder you may write to with --out") from error
    with browser_of(plan.browser) as browser:
        menus: set[str] = set()
        for uid in plan.uids:
            for size in plan.sizes:
                for theme in plan.themes:
                    watch(f"{uid}: {size[0]} x {size[1]}, {theme}", time.monotonic() - began)
                    with opened(browser, plan, size, f"{uid} at {size[0]} px, {theme}", found) as page:
                        picture(page, plan, uid, size, theme, found)
            watch(f"{uid}: links", time.monotonic() - began)
            with opened(browser, plan, plan.sizes[0], f"{uid}, links", found) as page:
                click_all(page, plan, uid, found, menus)
    return found


def _answers(plan: Shoot) -> None:
    headers = {"Authorization": f"Bearer {plan.token}"} if plan.token else {}
    try:
        http.request("GET", f"{plan.grafana}/api/health", 10).raise_for_status()
        answer = http.request("GET", f"{plan.grafana}/api/search", 10, headers=headers)
    except httpx.HTTPError as error:
        raise CheckFailed(
            f"{plan.grafana}: Grafana does not answer ({error})", "start it, or give its address with --grafana"
        ) from error
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise CheckFailed(
            f"{plan.grafana}: does not let {'this token' if plan.token else 'a visitor'} in ({answer.status_code})",
            "give a service account's token with --token-file or GRAFANA_TOKEN",
        )
