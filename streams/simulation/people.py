"""Who the leads are: their companies, their jobs, where they come from, what they tell."""

from dataclasses import dataclass
from random import Random
from typing import Any

# Value → weight.
SOURCES = {
    "search": 30, "content": 20, "social": 15, "linkedin": 12, "event": 6, "referral": 8,
    "campaign-spring": 5, "campaign-webinars": 4,
}  # fmt: skip
INDUSTRIES = {
    "software": 24, "consulting": 10, "e-commerce": 12, "fintech": 10, "manufacturing": 14,
    "healthcare": 10, "education": 7, "media": 7, "logistics": 5, "gambling": 1,
}  # fmt: skip
COUNTRIES = {"NO": 20, "DK": 18, "SE": 14, "DE": 20, "IT": 12, "NL": 6, "GB": 10}
JOB_TITLES = {
    "Marketing Manager": 14, "Head of Marketing": 8, "Sales Director": 7, "CEO": 6, "Founder": 7,
    "VP Sales": 4, "Chief Marketing Officer": 3, "Head of Operations": 6, "Consultant": 8,
    "Software Developer": 10, "Student": 8, "Analyst": 10, "Product Manager": 9,
}  # fmt: skip
DECIDERS = frozenset(
    {"CEO", "Founder", "Chief Marketing Officer", "Sales Director", "VP Sales", "Head of Marketing"}
)
TIMELINES = {"this month": 2, "this quarter": 5, "next quarter": 5, "this year": 4}
NEEDS = {
    "more qualified leads": 5,
    "one shared definition": 3,
    "faster follow-up": 4,
    "a strategy of our own": 3,
}

# The middle of a company's size, and how far sizes spread (log-normal): most are small, a few huge.
_MIDDLE_EMPLOYEES = 4.2
_SPREAD = 1.6


def pick(table: dict[str, int], rng: Random) -> str:
    """One of the table's values, by weight."""
    return rng.choices(list(table), weights=list(table.values()))[0]


@dataclass(frozen=True, slots=True)
class Company:
    """Where a lead works."""

    employees: int
    industry: str
    country: str

    @classmethod
    def drawn(cls, rng: Random, middle: float = _MIDDLE_EMPLOYEES) -> "Company":
        """A company from the distribution of sizes; ``middle`` is the logarithm of the middle one."""
        employees = max(1, round(rng.lognormvariate(middle, _SPREAD)))
        return cls(employees, pick(INDUSTRIES, rng), pick(COUNTRIES, rng))

    @classmethod
    def large(cls, rng: Random) -> "Company":
        """One that buys by committee."""
        return cls.drawn(rng, _MIDDLE_EMPLOYEES + 2)


@dataclass(frozen=True, slots=True)
class Person:
    """A lead to be."""

    lead_id: str
    company: Company
    job_title: str
    source: str

    def tells(self, what: str, rng: Random) -> dict[str, Any]:
        """The traits by which the lead tells this about itself."""
        match what:
            case "person":
                return {"job_title": self.job_title, "consent": "given"}
            case "company":
                company = self.company
                return {
                    "company": {
                        "employees": company.employees,
                        "industry": company.industry,
                        "country": company.country,
                    }
                }
            case "budget":
                return {"budget": round(self.company.employees * rng.uniform(20, 200) + 1_000, -2)}
            case "authority":
                return {"authority": "decides" if self.job_title in DECIDERS else "influences"}
            case "need":
                return {"need": pick(NEEDS, rng)}
            case "timeline":
                return {"timeline": pick(TIMELINES, rng)}
            case "withdrawal":
                return {"consent": "withdrawn"}
        raise KeyError(what)
