"""Shows that the layering check can fail: each fixture is a small tree with one thing wrong, named in `expected.txt`."""
import pathlib
import tempfile
import unittest

import layering

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


def unpack(fixture, into):
    """A fixture is text: `=== path` opens a file, `=== expected` the findings."""
    expected, path = [], None
    for line in fixture.read_text().splitlines():
        if line.startswith("=== "):
            path = line[4:]
            if path != "expected":
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                (into / path).write_text("")
        elif path == "expected":
            expected.append(line)
        else:
            with open(into / path, "a") as file:
                file.write(line + "\n")
    return expected


class Layering(unittest.TestCase):
    maxDiff = None

    def test_each_fixture_is_found_out(self):
        fixtures = sorted(FIXTURES.glob("*.txt"))
        self.assertGreater(len(fixtures), 10)
        for fixture in fixtures:
            with self.subTest(fixture.stem), tempfile.TemporaryDirectory() as folder:
                expected = unpack(fixture, pathlib.Path(folder))
                self.assertEqual(expected, list(layering.findings(folder)))

    def test_places_of_one_machine_are_found(self):
        for place in ("/" + "home/ann", "'/" + "work/x'", "cd /" + "tmp/wt/a", "/" + "root/.m2"):
            self.assertTrue(list(layering.place_findings("file", place)), place)

    def test_paths_that_exist_everywhere_are_not(self):
        for place in ("/etc/millrace/tokens", "$HOME/x", "a/" + "work/b", "~/home/b", "/tmp/x", "https://www.apache.org/licenses"):
            self.assertEqual([], list(layering.place_findings("file", place)), place)


if __name__ == "__main__":
    unittest.main()
