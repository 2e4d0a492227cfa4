"""Reads the data of a run: medians, and ratios within a round.

Used by the tables, the chart and the targets alike.
"""

from statistics import median


class Figures:
    """The samples of a run, by row, server and round."""

    def __init__(self, data):
        self.samples = {}
        for sample in data["samples"]:
            self.samples.setdefault((sample["row"], sample["server"]), {})[sample["round"]] = sample

    def servers(self, row):
        """Who has figures in a row, in the order of the run's table."""
        return [server for name, server in self.samples if name == row]

    def median(self, row, server, figure):
        """Over the rounds; `None` where there is no figure."""
        values = [sample.get(figure) for sample in self.samples.get((row, server), {}).values()]
        values = [value for value in values if value is not None]
        return median(values) if values else None

    def ratio(self, row, server, figure):
        """To ruwsgi in the same round: median, least and most; `None` where there is none."""
        own, base = self.samples.get((row, server), {}), self.samples.get((row, "ruwsgi"), {})
        ratios = [
            own[round][figure] / base[round][figure]
            for round in own.keys() & base.keys()
            if own[round].get(figure) and base[round].get(figure)
        ]
        return (median(ratios), min(ratios), max(ratios)) if ratios else None


def of(records, figure, **where):
    """The median of a figure over the records that fit; `None` where there is none."""
    values = [
        record[figure]
        for record in records
        if figure in record and all(record[name] == value for name, value in where.items())
    ]
    return median(values) if values else None
