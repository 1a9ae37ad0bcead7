"""The kinds of request that a desk sorts tickets into."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Category(BaseModel):
    """One kind of request.

    ``key`` is stored and never shown; ``label`` is what people read (75 characters, the limit of
    an option in Slack); ``description`` tells the model and the offline triage what belongs in it.
    """

    model_config = ConfigDict(frozen=True)

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[str, StringConstraints(min_length=1, max_length=75)]
    description: Annotated[str, StringConstraints(min_length=1, max_length=500)]


DEFAULT_CATEGORIES: tuple[Category, ...] = (
    Category(
        key="access",
        label="Access & accounts",
        description="login, log in, sign in, password, locked out, account, permission, access, "
        "single sign-on, SSO, two-factor, MFA, invitation, onboarding of a new colleague",
    ),
    Category(
        key="hardware",
        label="Hardware",
        description="laptop, computer, screen, monitor, keyboard, mouse, headset, phone, printer, "
        "charger, battery, docking station, broken or lost device, equipment order",
    ),
    Category(
        key="software",
        label="Software",
        description="app, application, program, install, update, upgrade, licence, crash, error "
        "message, bug, browser, spreadsheet, calendar, email client",
    ),
    Category(
        key="network",
        label="Network & VPN",
        description="wifi, wi-fi, internet, VPN, network, connection, slow, offline, firewall, "
        "DNS, remote access",
    ),
    Category(
        key="outage",
        label="Outage",
        description="a service is down for several people: outage, down, not reachable, 500 error, "
        "everyone affected, checkout failing, production incident",
    ),
    Category(
        key="security",
        label="Security & privacy",
        description="phishing, suspicious email, virus, malware, leaked password or key, stolen "
        "device, data breach, privacy request",
    ),
    Category(
        key="finance",
        label="Finance & purchasing",
        description="invoice, expense, reimbursement, payment, payroll, salary, purchase, budget, "
        "refund, supplier, tax",
    ),
    Category(
        key="people",
        label="People & HR",
        description="vacation, holiday, leave, sick, contract, benefits, recruiting, personnel, "
        "parental leave, working time",
    ),
    Category(
        key="facilities",
        label="Office & facilities",
        description="office, desk, meeting room, door, badge, key card, heating, air conditioning, "
        "cleaning, kitchen, parking, parcel",
    ),
    Category(
        key="other",
        label="Something else",
        description="whatever fits none of the others",
    ),
)
