"""The table of what was tried."""


class Report:
    def __init__(self):
        self.tried = 0
        self.found = 0

    def check(self, group, name, is_right, seen, otherwise=None):
        """One line: what was tried and what came back; `otherwise` is what came back when that was not right."""
        self.tried += 1
        self.found += not is_right
        mark = "ok   " if is_right else "FOUND"
        said = str(seen if is_right or otherwise is None else otherwise)
        # What a server answers is not for the terminal to obey.
        said = "".join(sign if sign.isprintable() else "?" for sign in said)[:100]
        print(f"{mark}  {group:9} {name:52} {said}", flush=True)

    def summary(self):
        return f"{self.tried} tried, {self.found} found"
