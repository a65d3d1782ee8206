"""axe-core finds nothing wrong, in every state, light and dark, wide and narrow."""

import pytest

PHONE = {"viewport": {"width": 390, "height": 844}}


def findings(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "narrow"])
def test_the_page_has_no_barriers(open_tab, article, scheme, screen):
    tab = open_tab(color_scheme=scheme, reduced_motion="reduce", **screen)
    assert findings(tab.page) == []
    page = tab.read(article)
    assert findings(page) == []
    page.locator("a.st").nth(14).click()
    assert findings(page) == []
    page.click(".why.on .close")
    page.click(".filter.haw")
    page.wait_for_timeout(300)
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["one.html", "many.html"])
def test_reports_have_no_barriers(open_tab, reports, name, scheme):
    page = open_tab((reports / name).as_uri(), color_scheme=scheme, reduced_motion="reduce").page
    assert findings(page) == []
