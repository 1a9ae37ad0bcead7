"""Brings words to a common form: light stemming, and other words and languages for common ones."""

from functools import lru_cache

# The word that categories use, and what people also say for it, in English, German, Spanish,
# French and Portuguese. A word that no category uses does no harm.
_ALSO = {
    "account": "konto accounts cuenta compte conta benutzerkonto profile",
    "access": "zugriff zugang zugangsdaten acceso accès acesso",
    "login": "logon anmelden anmeldung einloggen sesión connecter connexion entrar signin logins "
    "credentials",
    "locked": "gesperrt ausgesperrt bloqueada bloqueado verrouillé lockout",
    "password": "passwort kennwort contraseña passe senha pwd passcode passwords",
    "permission": "berechtigung berechtigungen rechte permiso permisos droits permissão rights",
    "mfa": "2fa otp authenticator zweifaktor",
    "invitation": "invite add join membership",
    "onboarding": "joiner onboard starter newcomer",
    "laptop": "notebook macbook thinkpad portátil portable ordinateur notebooks",
    "computer": "rechner pc ordenador ordinateur computador mac imac",
    "screen": "bildschirm pantalla écran tela display",
    "monitor": "monitore bildschirme",
    "keyboard": "tastatur teclado clavier",
    "mouse": "maus ratón souris trackpad",
    "headset": "kopfhörer headphones auriculares casque fones airpods webcam",
    "phone": "handy telefon smartphone iphone android móvil teléfono téléphone celular telefone",
    "printer": "drucker impresora imprimante impressora toner scanner print drucken imprimir",
    "charger": "ladegerät netzteil cargador chargeur carregador cable kabel adapter",
    "battery": "akku batería batterie bateria",
    "broken": "kaputt defekt roto rota cassé quebrado cracked",
    "app": "apps anwendung aplicación appli aplicativo",
    "program": "programm programa programme programme",
    "install": "installation installieren instalar installer instalación reinstall",
    "update": "aktualisierung aktualisieren actualizar actualización mettre atualizar atualização",
    "licence": "license lizenz licencia licença lizenzen",
    "crash": "abgestürzt absturz stürzt freezes frozen freeze hängt plante trava",
    "error": "fehler fehlermeldung erreur erro errors",
    "browser": "chrome firefox safari edge navegador navigateur",
    "spreadsheet": "excel sheets tabelle hoja tableur planilha",
    "calendar": "kalender calendario calendrier calendário",
    "email": "outlook gmail mailbox postfach correo courriel mail thunderbird",
    "wifi": "wlan wlans",
    "internet": "netz web",
    "network": "netzwerk red réseau rede lan ethernet",
    "connection": "verbindung conexión conexão disconnect disconnects connect",
    "slow": "langsam lento lenta lent lente slowly lag lagging",
    "outage": "ausfall störung panne caída incidente",
    "down": "ausgefallen caído caída caido",
    "everyone": "everybody nobody alle todos",
    "checkout": "kasse",
    "production": "prod produktion producción",
    "phishing": "spam scam betrug",
    "suspicious": "verdächtig verdächtige sospechoso suspect suspeito suspeita weird strange",
    "virus": "viren ransomware trojan",
    "stolen": "gestohlen geklaut robado robada volé roubado stole theft",
    "invoice": "rechnung rechnungen factura facture fatura bill billing invoices",
    "expense": "spesen reisekosten gasto gastos frais despesa despesas receipt receipts",
    "reimbursement": "erstattung reembolso remboursement reimburse reimbursed",
    "payment": "zahlung überweisung pago paiement pagamento paid pay charged charge",
    "payroll": "lohnabrechnung gehaltsabrechnung nómina paie payslip payslips",
    "salary": "gehalt lohn sueldo salario salaire salário wage",
    "purchase": "bestellen bestellung beschaffung compra achat buy purchasing procurement",
    "supplier": "lieferant vendor proveedor fournisseur fornecedor",
    "tax": "steuer impuesto impôt imposto vat",
    "vacation": "urlaub urlaubstage vacaciones congés férias pto",
    "holiday": "feiertag holidays",
    "sick": "krank krankmeldung enfermo malade doente illness",
    "contract": "vertrag arbeitsvertrag contrato contrat",
    "benefits": "benefit pension insurance versicherung",
    "parental": "elternzeit maternity paternity maternidad maternité baby",
    "recruiting": "candidate candidates bewerbung interview applicant",
    "office": "büro oficina bureau escritório building gebäude floor",
    "room": "raum besprechungsraum sala salle meetingraum konferenzraum",
    "door": "tür puerta porte porta gate elevator aufzug lift",
    "badge": "ausweis keycard fob chip schlüssel",
    "heating": "heizung calefacción chauffage aquecimento cold kalt radiator",
    "conditioning": "klimaanlage aircon climatización climatisation ac hot",
    "cleaning": "putzen reinigung limpieza ménage limpeza dirty",
    "kitchen": "küche cocina cuisine cozinha coffee kaffeemaschine fridge dishwasher",
    "parking": "parkplatz aparcamiento estacionamiento estacionamento garage",
    "parcel": "paket paquete colis encomenda package delivery",
}

# Longest first; what is left keeps three letters at least.
_SUFFIXES = ("ations", "ation", "ings", "ies", "ing", "ers", "ed", "es", "er", "s", "e", "y")


def _stem(word: str) -> str:
    word = word.partition("'")[0] if word.endswith("'s") else word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(suffix)
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_CANONICAL = {
    _stem(other): _stem(word) for word, others in _ALSO.items() for other in others.split()
}


@lru_cache(maxsize=10_000)
def canonical(word: str) -> str:
    """The form under which a casefolded word meets its inflections and synonyms."""
    stem = _stem(word)
    return _CANONICAL.get(stem, stem)
